package workbench

import (
	"embed"
	"strings"
)

// Each sample is a file, whose first line is a comment with its name in the menu.
//
//go:embed samples
var sampleFiles embed.FS

// samples are the manifests of the page's menu.
func samples() []Sample {
	entries, err := sampleFiles.ReadDir("samples")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var list []Sample
	for _, entry := range entries {
		text, err := sampleFiles.ReadFile("samples/" + entry.Name())
		if err != nil {
			panic(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		list = append(list, Sample{strings.TrimPrefix(first, "# "), rest})
	}
	return list
}
