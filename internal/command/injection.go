package command

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// settings are the flags that say how manifests are injected. The cases of
// `outrigger test` have them too.
type settings struct {
	configurationFlags
	namespace      string
	nativeSidecars string
	platform       string
	namespaceFile  string
	proxyConfigs   string
	workloads      []string
	keepInjected   bool
	record         bool
}

// addDecidingFlags adds those that say what the injection is.
func (s *settings) addDecidingFlags(flags *pflag.FlagSet) {
	s.configurationFlags.addFlags(flags)
	flags.StringVarP(&s.namespace, "namespace", "n", "", "`NAME` of the namespace for workloads that do not set one")
	flags.StringVar(&s.nativeSidecars, "native-sidecars", "auto", "whether the proxy is a native sidecar: `true|false|auto`; auto means true")
	flags.StringVar(&s.platform, "platform", "", "`openshift` takes the proxy's user and group IDs from the namespace's ranges")
	flags.StringVar(&s.namespaceFile, "namespace-file", "", "`FILE` with Namespaces, whose annotations hold the ID ranges for --platform openshift")
	addProxyConfigFlag(flags, &s.proxyConfigs)
	addWorkloadFlag(flags, &s.workloads)
	flags.BoolVar(&s.keepInjected, "keep-injected", false, "skip workloads that are injected already, instead of injecting them again")
}

func (s *settings) addFlags(flags *pflag.FlagSet) {
	s.addDecidingFlags(flags)
	flags.BoolVar(&s.record, "record", false, "add an annotation with which uninject can restore the text byte for byte")
}

// relativeTo makes the paths of files relative to a folder.
func (s *settings) relativeTo(dir string) {
	s.RelativeTo(dir)
	for _, file := range []*string{&s.namespaceFile, &s.proxyConfigs} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(dir, *file)
		}
	}
}

// injection is settings made ready for use.
type injection struct {
	injector       *inject.Injector
	kinds          []manifest.Kind
	namespace      string
	nativeSidecars bool
	// annotations of namespaces are nil where no file was given.
	annotations  *namespaceAnnotations
	proxyConfigs *mesh.Resources
	// misread is what is wrong with the ProxyConfigs in files, by what errors call them.
	misread map[string]error
	earlier inject.Earlier
	record  bool
}

func (s *settings) prepare() (*injection, error) {
	in := &injection{misread: map[string]error{}, namespace: s.namespace, earlier: inject.ReplaceEarlier, record: s.record}
	if s.keepInjected {
		in.earlier = inject.KeepEarlier
	}
	in.nativeSidecars = s.nativeSidecars != "false"
	errs := []error{s.checkWords()}
	kinds, err := parseKinds(s.workloads)
	in.kinds, errs = kinds, append(errs, err)
	if s.namespaceFile != "" {
		annotations, err := readNamespaces(&s.Files, s.namespaceFile)
		in.annotations, errs = annotations, append(errs, err)
	}
	proxyConfigs, err := readProxyConfigs(&s.Files, s.proxyConfigs, s.namespace)
	in.proxyConfigs, errs = proxyConfigs, append(errs, err)
	injector, err := s.compile(s.platform == "openshift")
	in.injector = injector
	return in, errors.Join(append(errs, err)...)
}

// checkWords says which flags have a value that is none of theirs.
func (s *settings) checkWords() error {
	var errs []error
	switch s.nativeSidecars {
	case "auto", "true", "false":
	default:
		errs = append(errs, fmt.Errorf("--native-sidecars %q: want true, false or auto", s.nativeSidecars))
	}
	return errors.Join(append(errs, checkPlatform(s.platform, s.namespaceFile))...)
}

// learn has the ProxyConfigs among manifests count, wherever they stand in them.
func (in *injection) learn(files []string, from *inputs) {
	for _, file := range files {
		// Who rewrites a file is told what is wrong with reading it.
		if mentioned, err := from.mentions(file, mesh.ResourceKind); err != nil || !mentioned {
			continue // as nearly always
		}
		if text, err := from.read(file); err == nil {
			in.misread[shownName(file)] = in.learnText(shownName(file), text)
		}
	}
}

func (in *injection) learnText(name string, text []byte) error {
	return configuration.ProxyConfigs(in.proxyConfigs, text, name, in.namespace)
}

// rewriter injects streams of manifests.
func (in *injection) rewriter(rep *report) rewriter {
	return func(w io.Writer, r io.Reader, name string) error {
		options := manifest.Options{File: name, Kinds: in.kinds, Remark: rep.addRemark}
		var err error
		if in.record {
			err = in.recorded(w, r, options, rep)
		} else {
			err = manifest.Rewrite(w, r, options, in.editor(rep, nil))
		}
		return in.withMisread(name, err)
	}
}

// withMisread adds what is wrong with the ProxyConfigs of a file to the error of
// rewriting it.
func (in *injection) withMisread(name string, err error) error {
	misread := in.misread[name]
	if err != nil && unread(misread) {
		return err // which is the same
	}
	return errors.Join(err, misread)
}

// editor injects the workloads of a stream. earlier are the injections that were
// taken off them before, if they were.
func (in *injection) editor(rep *report, earlier []inject.Uninjected) func(manifest.Workload) (tree.Patch, error) {
	next := 0
	return func(w manifest.Workload) (tree.Patch, error) {
		request, warnings := in.request(w)
		result, err := in.injector.Inject(request)
		if err != nil {
			return nil, oneLine(err)
		}
		result.Warnings = append(result.Warnings, warnings...)
		if earlier != nil {
			if earlier[next].Injected {
				result.Replaced = &earlier[next]
			}
			next++
		}
		rep.add(w, request.Namespace, result)
		return result.Patch, nil
	}
}

// request asks for the injection of a workload. The warnings are about how it is asked.
func (in *injection) request(w manifest.Workload) (r inject.Request, warnings []string) {
	namespace := cmp.Or(w.Namespace, in.namespace)
	warnings = misplaced(w)
	annotations, known := in.annotations.of(namespace)
	if !known {
		warnings = append(warnings, fmt.Sprintf("namespace %q is not in the namespace file, so the proxy's ids are the default ones", namespace))
	}
	return inject.Request{
		Pod:                  w.Pod,
		Namespace:            namespace,
		Workload:             workloadOf(w, namespace),
		NativeSidecars:       in.nativeSidecars,
		NamespaceAnnotations: annotations,
		ProxyConfigs:         in.proxyConfigs,
		Earlier:              in.earlier,
	}, warnings
}

// oneLine makes an error one that file and object can stand in front of.
func oneLine(err error) error { return errors.New(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// annotated is in every text with an injection, also where JSON escapes the slash
// that comes behind it.
const annotated = "sidecar.istio.io"

// recorded injects a stream so that it can be brought back to the byte. What is
// brought back is the text without injections, so those come off first.
func (in *injection) recorded(w io.Writer, r io.Reader, o manifest.Options, rep *report) error {
	before, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	text := before
	var earlier []inject.Uninjected
	if in.earlier == inject.ReplaceEarlier && bytes.Contains(before, []byte(annotated)) {
		var clean bytes.Buffer
		done := func(_ manifest.Workload, u inject.Uninjected) { earlier = append(earlier, u) }
		if err := uninject(&clean, bytes.NewReader(before), o, done, rep.addStale); err != nil {
			return err
		}
		text = clean.Bytes()
	}
	err = manifest.RewriteReversibly(w, bytes.NewReader(text), o, in.editor(rep, earlier), manifest.Reverse{
		Back: func(w manifest.Workload) (tree.Patch, error) {
			result, err := inject.Uninject(w.Pod, workloadOf(w, w.Namespace))
			return result.Patch, err
		},
		Keep: func(w manifest.Workload, patch tree.Patch, fix string) (tree.Patch, error) {
			return inject.Record(w.Pod, patch, workloadOf(w, w.Namespace), fix)
		},
	})
	if err != nil && !bytes.Equal(text, before) {
		// Errors are to name the lines that people see.
		err = cmp.Or(manifest.Rewrite(io.Discard, bytes.NewReader(before), o, in.editor(&report{}, nil)), err)
	}
	return err
}
