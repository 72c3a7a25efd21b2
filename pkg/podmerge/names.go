package podmerge

import "k8s.io/apimachinery/pkg/util/validation"

// The checks of Kubernetes' own, whose regular expressions are a tenth of the work on
// a pod. So the names that almost all pods have are told first; of others, and of
// what is wrong, the check itself has the word.
var (
	checkLabel         = unless(isLabel, validation.IsDNS1123Label)
	checkSubdomain     = unless(isSubdomain, validation.IsDNS1123Subdomain)
	checkQualifiedName = unless(isQualifiedName, validation.IsQualifiedName)
	checkLabelValue    = unless(isWord, validation.IsValidLabelValue)
	checkConfigMapKey  = unless(isWord, validation.IsConfigMapKey)
	checkVariable      = unless(isVariable, validation.IsRelaxedEnvVarName)
	checkPortName      = unless(isPortName, validation.IsValidPortName)
	checkHeaderName    = unless(isHeaderName, validation.IsHTTPHeaderName)
)

// unless checks what is not known to pass.
func unless(passes func(string) bool, check func(string) []string) func(string) []string {
	return func(text string) []string {
		if passes(text) {
			return nil
		}
		return check(text)
	}
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

func alphanumeric(c byte) bool { return lower(c) || 'A' <= c && c <= 'Z' }

// made says that a text is no longer than that, of the characters within, and begins
// and ends with one that may.
func made(text string, longest int, within, end func(byte) bool) bool {
	if text == "" || len(text) > longest || !end(text[0]) || !end(text[len(text)-1]) {
		return false
	}
	for i := range len(text) {
		if !within(text[i]) {
			return false
		}
	}
	return true
}

func isLabel(text string) bool {
	return made(text, validation.DNS1123LabelMaxLength, func(c byte) bool { return lower(c) || c == '-' }, lower)
}

func isWord(text string) bool {
	return made(text, validation.LabelValueMaxLength, func(c byte) bool { return alphanumeric(c) || c == '-' || c == '_' || c == '.' }, alphanumeric)
}

func isSubdomain(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i] == '.' && !(lower(text[i-1]) && i+1 < len(text) && lower(text[i+1])) {
			return false
		}
	}
	return made(text, validation.DNS1123SubdomainMaxLength, func(c byte) bool { return lower(c) || c == '-' || c == '.' }, lower)
}

func isQualifiedName(text string) bool {
	for i := range len(text) {
		if text[i] == '/' {
			return isSubdomain(text[:i]) && isWord(text[i+1:])
		}
	}
	return isWord(text)
}

func isVariable(text string) bool {
	any := func(c byte) bool { return alphanumeric(c) || c == '_' }
	return made(text, len(text), any, any)
}

func isPortName(text string) bool {
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' }
	return made(text, 15, func(c byte) bool { return lower(c) }, letter)
}

func isHeaderName(text string) bool {
	any := func(c byte) bool { return alphanumeric(c) || c == '-' }
	return made(text, len(text), any, any)
}
