package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"path"
	"slices"
	"time"

	"sigs.k8s.io/yaml"
)

// Handler serves the chart repositories that have an index, each in the folder that is its address: /charts.example.org/stable/index.yaml.
func (a *Artifacts) Handler() http.Handler {
	files := map[string][]byte{}
	indexes := map[string]map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(a.charts)) {
		repository := a.catalogue.Charts[name].Repository
		if !isHTTP(repository) {
			continue
		}
		at, c := folder(repository), a.charts[name]
		files[path.Join(at, c.file())] = c.archive
		if indexes[at] == nil {
			indexes[at] = map[string]any{}
		}
		indexes[at][name] = []any{c.entry()}
	}
	for at, entries := range indexes {
		// It is made of maps and strings, which can always be written.
		files[path.Join(at, "index.yaml")], _ = yaml.Marshal(map[string]any{"apiVersion": "v1", "generated": epoch(), "entries": entries})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, path.Base(r.URL.Path), time.Time{}, bytes.NewReader(content))
	})
}

// epoch stands in for every time.
func epoch() string { return time.Unix(0, 0).UTC().Format(time.RFC3339) }

func (c *chart) file() string { return c.name + "-" + c.version + ".tgz" }

// entry is the chart in an index: what Helm knows of its metadata, and where the archive is, beside the index. Helm refuses an index with a field
// that it does not know, though not a chart with one.
func (c *chart) entry() map[string]any {
	sum := sha256.Sum256(c.archive)
	entry := map[string]any{"created": epoch(), "digest": hex.EncodeToString(sum[:]), "urls": []any{c.file()}}
	for _, field := range []string{"apiVersion", "name", "version", "appVersion", "description", "type"} {
		if value, ok := c.metadata[field]; ok {
			entry[field] = value
		}
	}
	return entry
}
