package check

import "time"

// authorityOf is where to look for whose certificate a replica serves.
func (i *Installation) authorityOf(address string) string {
	if i.certMode() != "self" {
		return i.bundleKeeper()
	}
	command := "outrigger certs status -n " + i.Namespace
	if i.Revision != "" {
		command += " --revision " + i.Revision
	}
	return command + " --address " + address + " tells of which authority that is"
}

// judgeServed is about what replicas were seen to serve, which is the last word.
func (i *Installation) judgeServed(now time.Time) []Finding {
	var findings []Finding
	for _, s := range i.Served {
		replica := "replica " + s.Address
		if s.Err != nil {
			findings = append(findings, Finding{Warning, NotReachable, replica, "its certificate cannot be read: " + s.Err.Error(), "is it the address of a replica, and can it be reached from here?"})
			continue
		}
		wrong := i.verify(s.Chain, now, replica, "what it serves", i.authorityOf(s.Address))
		findings = append(findings, wrong...)
		if len(wrong) == 0 && i.Webhook != nil && len(i.Webhook.Webhooks) > 0 {
			findings = append(findings, Finding{OK, ServedTrusted, replica, "every webhook accepts its certificate, until " + stamp(s.Chain[0].NotAfter), ""})
		}
	}
	return findings
}
