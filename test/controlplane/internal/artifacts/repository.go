package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"time"

	"sigs.k8s.io/yaml"
)

// Handler serves the chart repositories that have an index, each in the folder that is its address: /charts.example.org/stable/index.yaml.
func (a *Artifacts) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := a.files()[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, path.Base(r.URL.Path), time.Time{}, bytes.NewReader(content))
	})
}

// files are the archives of charts and the indexes, by their paths.
func (a *Artifacts) files() map[string][]byte {
	files := map[string][]byte{}
	indexes := map[string]map[string][]any{}
	for _, c := range a.served() {
		repository := a.catalogue.Charts[c.name].Repository
		if !isHTTP(repository) {
			continue
		}
		at := folder(repository)
		files[path.Join(at, c.file())] = c.archive
		if indexes[at] == nil {
			indexes[at] = map[string][]any{}
		}
		indexes[at][c.name] = append(indexes[at][c.name], c.entry())
	}
	for at, entries := range indexes {
		// It is made of maps and strings, which can always be written.
		files[path.Join(at, "index.yaml")], _ = yaml.Marshal(map[string]any{"apiVersion": "v1", "generated": epoch(), "entries": entries})
	}
	return files
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
