package podmerge

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// What follows says what is wrong with a text, as Kubernetes' own functions do.

// problem is one where the text is not what is wanted.
func problem(right bool, wanted string) []string {
	if right {
		return nil
	}
	return []string{wanted}
}

func trimmed(text string) []string {
	return problem(text == strings.TrimSpace(text), "it begins or ends with a blank; remove it")
}

// forward is for paths that do not lead back.
func forward(path string) []string {
	return problem(!slices.Contains(strings.Split(path, "/"), ".."), "a path without .. is wanted")
}

func below(path string) []string {
	if strings.HasPrefix(path, "/") {
		return []string{"a path is wanted that does not begin with /"}
	}
	return forward(path)
}

// inFolder is for the files of a volume, of which those that begin with two dots are
// the kubelet's own.
func inFolder(path string) []string {
	if problems := below(path); problems != nil {
		return problems
	}
	return problem(!strings.HasPrefix(path, ".."), "a path is wanted that does not begin with ..")
}

func absolute(path string) []string {
	return problem(strings.HasPrefix(path, "/"), "a path is wanted that begins with /")
}

func address(text string) []string {
	_, err := netip.ParseAddr(text)
	return problem(err == nil, "it is not an IP address, such as 10.0.0.1")
}

func searchDomain(text string) []string {
	if text == "." {
		return nil
	}
	return validation.IsDNS1123SubdomainWithUnderscore(strings.TrimSuffix(text, "."))
}

func userIDs(text string) []string {
	n, err := strconv.ParseInt(text, 10, 64)
	return problem(err == nil && n >= userID.low && n <= userID.high, "it is not from 0 to 2147483647")
}

var sysctlName = regexp.MustCompile(`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`)

func sysctl(name string) []string {
	return problem(len(name) <= 253 && sysctlName.MatchString(name), "it is not the name of a parameter of the kernel, such as net.ipv4.tcp_syncookies")
}

func signerName(name string) []string {
	domain, _, ok := strings.Cut(name, "/")
	if !ok || len(validation.IsDomainPrefixedPath(field.NewPath("signerName"), name)) > 0 || !strings.Contains(domain, ".") {
		return []string{"a domain and a path are wanted, such as example.com/signer"}
	}
	return nil
}

func certificateKey(kind string) []string {
	kinds := []string{"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"}
	return problem(slices.Contains(kinds, kind), "it is none of "+strings.Join(kinds, ", "))
}

func resizable(resource string) []string {
	return problem(resource == "cpu" || resource == "memory", "cpu or memory is wanted")
}

// resourceOfContainer is for what variables and files tell of a container's resources.
func resourceOfContainer(name string) []string {
	_, of, ok := strings.Cut(name, ".")
	list := strings.TrimSuffix(name, "."+of)
	known := of == "cpu" || of == "memory" || of == "ephemeral-storage" || strings.HasPrefix(of, "hugepages-")
	return problem(ok && known && (list == "limits" || list == "requests"), "limits or requests of cpu, memory or ephemeral-storage are wanted, such as limits.cpu")
}

// each is for lists all of whose elements are to be right.
func each(check func(string) []string) rule {
	return func(v *tree.Value) (where, why string) {
		for _, item := range v.Items() {
			if problems := check(item.Text()); len(problems) > 0 {
				return "", tree.Extract(item.Text()) + ": " + problems[0]
			}
		}
		return "", ""
	}
}

// atMost is for lists that have a length.
func atMost(n int) rule {
	return func(v *tree.Value) (where, why string) {
		if v.Len() > n {
			return "", "there are " + strconv.Itoa(v.Len()) + ", and " + strconv.Itoa(n) + " at most are taken; remove some"
		}
		return "", ""
	}
}
