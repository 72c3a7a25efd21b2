package chart

import (
	"os"
	"path/filepath"
)

// Generated is what is made of the chart, by file name from the repository's
// folder.
func Generated() (map[string][]byte, error) {
	plain, err := Plain()
	if err != nil {
		return nil, err
	}
	readme, err := Readme()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{PlainFile: plain, ReadmeFile: readme}, nil
}

// Generate writes what is made of the chart.
func Generate() error {
	files, err := Generated()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root(), name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
