package podtest

import "pgregory.net/rapid"

// TemplateValues are what templates that are drawn name, as YAML.
const TemplateValues = `{"yes": true, "no": false, "text": "a", "map": {"k": "v"}, "list": ["x", 1]}`

// Template draws a template, which assigns variables and the root, of a view whose
// values are TemplateValues: what it names is there, is not, or is of another type.
// shown is the action that prints an expression.
func Template(t *rapid.T, depth int, shown func(expression string) string) string {
	expression := rapid.SampledFrom([]string{
		".", "$", ".Values", ".Values.yes", ".Values.no", ".Values.text", ".Values.map", ".Values.map.k", ".Values.none", ".Values.list", "$.Values.text", "$.Values.map", "$.Revision",
		".Revision", ".ObjectMeta.Name", "$.ObjectMeta.Name", "$.ObjectMeta", ".Spec.Containers", "$.Spec.Containers", ".Name", ".k", "$x", "$x.k", "1", `"s"`, "true",
		"(index .Values.list 0)", "(.Values.map).k", ".MeshConfig.TrustDomain", "$.MeshConfig.GetRootNamespace",
		"(annotation .ObjectMeta \"a\" .Values.text)", "(annotation $.ObjectMeta \"b\" $.Values.yes)", "(not .Values.yes)", "(and .Values.yes .ObjectMeta.Name)", "(or $.Values.no .ObjectMeta.Name)",
		"(eq .Values.text \"a\")", "(len .Values.list)", "(set .Values \"text\" .ObjectMeta.Name)", "(.Values.text | quote)", "(toJson .Values.map)", "(.Values.none | default \"d\")", "(fail .ObjectMeta.Name)", "(now | date \"2006\" | trunc 0)",
	})
	var nodes string
	for range rapid.IntRange(0, 3).Draw(t, "nodes") {
		of := func() string { return expression.Draw(t, "expression") }
		body := func() string {
			if depth == 0 {
				return "-"
			}
			return Template(t, depth-1, shown)
		}
		nodes += map[string]func() string{
			"text":     func() string { return "text\n" },
			"print":    func() string { return shown(of()) },
			"pipe":     func() string { return shown(of() + " | printf \"%T\"") },
			"assign":   func() string { return "{{ $x = " + of() + " }}" },
			"declare":  func() string { return "{{ $x := " + of() + " }}" },
			"root":     func() string { return "{{ $ = " + of() + " }}" },
			"own root": func() string { return "{{ $ := " + of() + " }}" },
			"if":       func() string { return "{{ if " + of() + " }}" + body() + "{{ else }}" + body() + "{{ end }}" },
			"if root":  func() string { return "{{ if $ = " + of() + " }}" + body() + "{{ end }}" },
			"with":     func() string { return "{{ with " + of() + " }}" + body() + "{{ else }}" + body() + "{{ end }}" },
			"range":    func() string { return "{{ range " + of() + " }}" + body() + "{{ end }}" },
			"range x":  func() string { return "{{ range $k, $x := " + of() + " }}" + body() + "{{ end }}" },
			"template": func() string { return "{{ template \"d\" " + of() + " }}" },
		}[rapid.SampledFrom([]string{"text", "print", "pipe", "assign", "declare", "root", "own root", "if", "if root", "with", "range", "range x", "template"}).Draw(t, "node")]()
	}
	return nodes
}
