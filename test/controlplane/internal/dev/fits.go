package dev

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Memory that a control plane was seen to take, in MiB.
const (
	memoryHub      = 2700
	memoryWorkload = 1500
)

// Fits tells whether the environments that are asked for exist and this machine has the memory. It warns if it is close.
func Fits(o Options) error {
	wanted := o.Environments
	all, err := environments(o.Root)
	if err != nil {
		return err
	}
	for _, name := range wanted {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no environment %s, but %s", name, strings.Join(all, ", "))
		}
	}
	if len(wanted) == 0 {
		wanted = all
	}
	warning, err := enough(need(o.Root, wanted), available(), len(wanted) > 1)
	if warning != "" {
		o.Out.Say("%s", warning)
	}
	return err
}

// environments are those of a repository.
func environments(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "environments"))
	if err != nil {
		return nil, fmt.Errorf("%s is no clone of genops: %w", root, err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// need is how many MiB these environments need: those with a cluster are the expensive ones.
func need(root string, names []string) int {
	total := memoryHub
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(root, "rendered", name, "cluster")); err == nil {
			total += memoryWorkload
		}
	}
	return total
}

// enough compares what is needed with what is free, both in MiB, and says what to do if it is not enough.
func enough(need, free int, many bool) (warning string, err error) {
	const closely = 1024
	said := fmt.Sprintf("this needs about %d MiB of memory, and %d are available", need, free)
	switch {
	case free >= need+closely:
		return "", nil
	case free >= need:
		return said + ": that is close", nil
	case many:
		return "", errors.New(said + "; one environment needs less: make dev ENV=poc")
	default:
		return "", errors.New(said)
	}
}

// available is MemAvailable in MiB; plenty where the system does not say.
func available() int {
	const plenty = 1 << 30
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return plenty
	}
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var kib int
		if _, err := fmt.Sscanf(scanner.Text(), "MemAvailable: %d kB", &kib); err == nil {
			return kib >> 10 //nolint:mnd // MiB.
		}
	}
	return plenty
}
