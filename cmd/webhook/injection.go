package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// settings are the flags that say how manifests are injected. The cases of
// `outrigger test` have them too.
type settings struct {
	configuration
	namespace      string
	nativeSidecars string
	platform       string
	namespaceFile  string
	workloads      []string
}

func (s *settings) addFlags(flags *pflag.FlagSet) {
	s.configuration.addFlags(flags)
	flags.StringVarP(&s.namespace, "namespace", "n", "", "`NAME` of the namespace of workloads that name none")
	flags.StringVar(&s.nativeSidecars, "native-sidecars", "auto", "run the proxy as a native sidecar: `true|false`, or auto, which is true\nhere, where there are no nodes to ask")
	flags.StringVar(&s.platform, "platform", "", "`openshift` takes the proxy's ids from its namespace's ranges")
	flags.StringVar(&s.namespaceFile, "namespace-file", "", "`FILE` with the Namespaces whose annotations give those ranges")
	flags.StringArrayVar(&s.workloads, "workload", nil, "`KIND.GROUP=PATH`: another kind, and where its pod template is, such as\nWorker.example.com=spec.template; may be repeated")
}

func (s *settings) relativeTo(dir string) {
	s.configuration.relativeTo(dir)
	s.namespaceFile = within(dir, s.namespaceFile)
}

// injection is settings made ready for use.
type injection struct {
	injector       *inject.Injector
	kinds          []manifest.Kind
	namespace      string
	nativeSidecars bool
	// annotations of namespaces are nil where no file was given.
	annotations *namespaceAnnotations
}

func (s *settings) prepare() (*injection, error) {
	in := &injection{namespace: s.namespace}
	var errs []error
	switch s.nativeSidecars {
	case "auto", "true":
		in.nativeSidecars = true
	case "false":
	default:
		errs = append(errs, fmt.Errorf("--native-sidecars %q: want true, false or auto", s.nativeSidecars))
	}
	switch {
	case s.platform != "" && s.platform != "openshift":
		errs = append(errs, fmt.Errorf("--platform %q: the only platform that needs naming is openshift", s.platform))
	case s.platform == "" && s.namespaceFile != "":
		errs = append(errs, errors.New("--namespace-file is of use with --platform openshift only"))
	}
	for _, w := range s.workloads {
		kind, err := manifest.ParseKind(w)
		if err != nil {
			err = fmt.Errorf("--workload: %w", err)
		}
		in.kinds, errs = append(in.kinds, kind), append(errs, err)
	}
	if s.namespaceFile != "" {
		annotations, err := readNamespaces(s.namespaceFile)
		in.annotations, errs = annotations, append(errs, err)
	}
	injector, err := s.compile(s.platform == "openshift")
	in.injector = injector
	return in, errors.Join(append(errs, err)...)
}

// rewrite injects a stream of manifests. name is what errors call it.
func (in *injection) rewrite(w io.Writer, r io.Reader, name string, rep *report) error {
	options := manifest.Options{File: name, Kinds: in.kinds}
	return manifest.Rewrite(w, r, options, func(w manifest.Workload) (tree.Patch, error) {
		namespace := w.Namespace
		if namespace == "" {
			namespace = in.namespace
		}
		annotations, known := in.annotations.of(namespace)
		result, err := in.injector.Inject(inject.Request{
			Pod:                  w.Pod,
			Namespace:            namespace,
			Workload:             &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: namespace, Name: w.Name},
			NativeSidecars:       in.nativeSidecars,
			NamespaceAnnotations: annotations,
		})
		if err != nil {
			// One line an error: that is what file and object stand in front of.
			return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		if !known {
			result.Warnings = append(result.Warnings, fmt.Sprintf("namespace %q is not in the namespace file, so the proxy's ids are the default ones", namespace))
		}
		rep.add(w, namespace, result)
		return result.Patch, nil
	})
}

// rewriteFile injects one of several inputs.
func (in *injection) rewriteFile(j *joiner, file string, stdin io.Reader, rep *report) error {
	f, err := openInput(file, stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if err := j.next(r); err != nil {
		return err
	}
	return in.rewrite(j, r, shownName(file), rep)
}
