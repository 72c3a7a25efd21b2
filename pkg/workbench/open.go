package workbench

import (
	"errors"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// open takes a text apart that somebody chose as a configuration. It is read as the
// commands read their standard input.
func open(r OpenRequest) (Opened, error) {
	const stdin = configuration.StandardInput
	files := configuration.Files{Config: stdin, Revision: r.Revision, Stdin: strings.NewReader(r.Text)}
	if _, err := files.Objects(stdin, configuration.Kind{Name: "ConfigMap"}); err != nil {
		// The text of the key: what is wrong with it, compiling it tells at its line.
		return Opened{Configuration{Name: r.Name, Config: r.Text}, []string{PaneConfig}}, nil
	}
	texts, err := files.Read()
	if err != nil {
		if rest, ok := strings.CutPrefix(err.Error(), "stdin: "); ok {
			err = errors.New(r.Name + ": " + rest)
		}
		return Opened{}, err
	}
	opened := Opened{NewConfiguration(r.Name, texts.Sources), []string{PaneConfig, PaneValues, PaneMesh}}
	opened.Revision = texts.Revision
	return opened, nil
}
