package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/pipeline"
)

// measureFloor marshals and writes the objects below a folder into another one and prints the CPU seconds that this took.
func measureFloor(out io.Writer, dir string) error {
	type file struct {
		path   string
		object map[string]any
	}
	var files []file
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // The folder is the benchmark's own.
		if err != nil {
			return fmt.Errorf("read file: %w", err)
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return fmt.Errorf("find path: %w", err)
		}
		f := file{path: relative}
		files = append(files, f)
		return yaml.Unmarshal(text, &files[len(files)-1].object)
	})
	if err != nil {
		return fmt.Errorf("read objects: %w", err)
	}
	target, err := os.MkdirTemp(filepath.Dir(dir), "floor-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(target) }()
	before, err := cpuSeconds()
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := manifest.Encode(pipeline.Header, f.object)
		if err != nil {
			return fmt.Errorf("marshal %s: %w", f.path, err)
		}
		path := filepath.Join(target, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
	}
	after, err := cpuSeconds()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%.4f\n", after-before)
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

func cpuSeconds() (float64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	const micro = 1e6
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/micro, nil
}
