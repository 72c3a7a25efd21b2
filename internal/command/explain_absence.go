package command

import (
	"errors"
	"fmt"
	"io"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// explainAbsence says of a field why it is not in the workloads' pods.
func (cmd *explainCommand) explainAbsence(stdout io.Writer, workloads []*explained) error {
	steps, err := explain.ParseName(cmd.whyNot)
	if err != nil {
		return fmt.Errorf("--why-not: %w", err)
	}
	var absences []absence
	var errs []error
	for _, e := range workloads {
		a, err := e.whyNot(steps)
		if err != nil {
			errs = append(errs, fmt.Errorf("--why-not: %s: %w", e.subject(), err))
			continue
		}
		absences = append(absences, a)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if cmd.output == "json" {
		return printJSON(stdout, map[string]any{"workloads": absences})
	}
	p := newPage(stdout)
	for i, a := range absences {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.absence(a)
	}
	p.legend()
	_, err = io.WriteString(stdout, p.String())
	return err
}

// absence is why a workload's pods do not have a field, or that they have it.
type absence struct {
	jsonWorkload
	Absence explain.Absence `json:"whyNot"`
	told    *explained
}

func (e *explained) whyNot(steps []string) (absence, error) {
	a := absence{told: e, jsonWorkload: asJSON(e)}
	if e.Explanation == nil {
		return a, nil
	}
	var err error
	a.Absence, err = e.WhyNot(steps)
	return a, err
}

func (p *page) absence(a absence) {
	e := a.told
	p.line(bold, "", fmt.Sprintf("%s  %s:%d", e.subject(), e.File, e.Line))
	name := a.Absence.Name
	switch {
	case e.Explanation == nil || !e.Result.Decision.Inject:
		p.line("", "", fmt.Sprintf("%s%s: %s", a.Outcome, told(a.Reason), a.Detail))
	case a.Absence.There && a.Absence.By == nil:
		p.line("", "", name+" is there: it is the workload's own")
	case a.Absence.There:
		p.note(a.Absence.By)
		p.line("", "", name+" is there: "+explain.WriterName(a.Absence.By)+" wrote it; --field tells more")
	case len(a.Absence.Conditions) == 0:
		p.line("", "", name+" is not there: no template that the pod gets names it")
	default:
		p.line("", "", name+" is not there:")
		for _, c := range a.Absence.Conditions {
			p.condition(c)
		}
	}
}

func (p *page) condition(c inject.Condition) {
	p.templates = true
	p.line("", "    ", fmt.Sprintf("  %s:%d  {{ %s }} kept out %s:%d", c.Template, c.Line, c.Text, c.Template, c.Writes))
	for _, r := range c.Reads {
		if isInPart(r, c.Reads) {
			continue
		}
		p.line(faint, "      ", "    "+p.read(r))
	}
}
