package dev_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/innovate-inc/genops/test/controlplane/internal/dev"
)

var update = flag.Bool("update", false, "rewrite golden files")

func sample() *dev.Status {
	return &dev.Status{
		Waiting:    []string{"Cluster env-poc/poc: Ready=False: Creating: 3 of 31 resources are not ready: addon-coredns"},
		Repository: "/src/genops", Commit: "1a2b3c4", Page: "http://127.0.0.1:25000/", Kubectl: "/src/genops/dist/dev/kubectl",
		Clusters: []dev.Cluster{{Name: "hub", Kubeconfig: "/src/genops/dist/dev/hub.kubeconfig"}},
		Claims: []dev.Claim{
			{Environment: "poc", Kind: "AccountBaseline", Name: "poc", Ready: true},
			{Environment: "poc", Kind: "Cluster", Name: "poc", Message: "3 of 31 resources are not ready: addon-coredns"},
			{Environment: "poc", Kind: "Network", Name: "poc", Ready: true},
		},
		Applications: []dev.Application{
			{Name: "claims-poc", Sync: "Synced", Health: "Progressing", Message: "Cluster poc is not ready"},
			{Name: "crossplane", Sync: "Synced", Health: "Healthy"},
			{Name: "root", Sync: "Synced", Health: "Healthy"},
		},
		NodeClaims: []dev.NodeClaim{
			{Cluster: "acme-poc", Name: "amd64-8fxkq", Pool: "amd64", InstanceType: "c6a.large", Architecture: "amd64", Ready: true},
		},
		Nodes: 4, MemoryBytes: 3 << 30, ElapsedSeconds: 101, SeenAt: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC),
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was (-update rewrites it):\n%s", file, got)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	healthy := sample()
	healthy.Healthy, healthy.Waiting = true, []string{}
	refused := sample()
	refused.Refused = "commit 5d6e7f8: rendered/ is stale\nrendered/poc/README.md"
	for name, lines := range map[string][]string{
		"table.txt":         dev.Table(sample(), 0, 0, false),
		"table-narrow.txt":  dev.Table(sample(), 50, 0, false),
		"table-low.txt":     dev.Table(sample(), 100, 16, false),
		"table-colored.txt": dev.Table(sample(), 100, 0, true),
		"table-healthy.txt": dev.Table(healthy, 0, 0, false),
		"table-refused.txt": dev.Table(refused, 0, 0, false),
		"table-empty.txt":   dev.Table(&dev.Status{Commit: "1a2b3c4", Page: "http://127.0.0.1:25000/"}, 80, 24, false),
	} {
		golden(t, name, strings.Join(lines, "\n")+"\n")
	}
}

// TestTableFits: a table is never larger than the terminal, and what is not ready stays longest.
func TestTableFits(t *testing.T) {
	t.Parallel()
	for rows := 12; rows < 30; rows++ {
		for _, columns := range []int{20, 80} {
			lines := dev.Table(sample(), columns, rows, false)
			if len(lines) > rows-1 {
				t.Errorf("%d lines on a terminal of %d", len(lines), rows)
			}
			for _, line := range lines {
				if utf8.RuneCountInString(line) > columns {
					t.Errorf("wider than %d: %s", columns, line)
				}
			}
		}
	}
	if low := strings.Join(dev.Table(sample(), 100, 16, false), "\n"); !strings.Contains(low, "addon-coredns") || !strings.Contains(low, "claims-poc") {
		t.Errorf("what is not ready is hidden:\n%s", low)
	}
}

// TestStatusJSON holds the names of the fields, which README.md documents.
func TestStatusJSON(t *testing.T) {
	t.Parallel()
	text, err := json.MarshalIndent(sample(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", string(text)+"\n")
	page, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(string(page), "`"+field[1]+"`") {
			t.Errorf("README.md does not document %s", field[1])
		}
	}
}
