package command

import (
	"encoding/xml"
	"fmt"
	"time"
)

// The parts of JUnit's XML that CI systems read. Times are in seconds.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

func writeJUnit(file, suite string, outcomes []outcome) error {
	s := junitSuite{Name: suite, Tests: len(outcomes)}
	var total time.Duration
	for _, o := range outcomes {
		total += o.took
		c := junitCase{Name: o.name, Class: suite, Time: seconds(o.took)}
		if o.failure != "" {
			s.Failures++
			c.Failure = &junitFailure{Message: "the result differs", Text: o.failure}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Time = seconds(total)
	text, err := xml.MarshalIndent(junitSuites{Suite: s}, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(file, []byte(xml.Header+string(text)+"\n"))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
