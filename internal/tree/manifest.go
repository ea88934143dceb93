package tree

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

type digest = [sha256.Size]byte

// manifest is what a ManifestName file says: the digests that were recorded for each path relative to the top. After a
// merge of two branches a path may have several.
type manifest map[string][]digest

// parseManifest reads what sha256sum would read, and reports whether there was anything it had to ignore. It does not give
// errors: conflict markers are what Git leaves there, and both sides of a conflict are ownership.
func parseManifest(data []byte) (m manifest, broken bool) {
	m = manifest{}
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		sum, name, ok := parseLine(string(line))
		if !ok {
			broken = true
			continue
		}
		m[name] = append(m[name], sum)
	}
	return m, broken
}

// parseLine takes "<hex>  <path>", or "<hex> *<path>" as written on Windows. A path that leads out of the top, or to the
// manifest itself, gives no ownership.
func parseLine(line string) (sum digest, name string, ok bool) {
	const digits = 2 * sha256.Size
	if len(line) < digits+3 || line[digits] != ' ' || (line[digits+1] != ' ' && line[digits+1] != '*') {
		return sum, "", false
	}
	if _, err := hex.Decode(sum[:], []byte(line[:digits])); err != nil {
		return sum, "", false
	}
	name = line[digits+2:]
	if !fs.ValidPath(name) || name == "." || name == ManifestName {
		return sum, "", false
	}
	return sum, name, true
}

// formatManifest writes the manifest of a top. paths are sorted and begin with the top.
func formatManifest(header, top string, paths []string, sums []digest) []byte {
	var b bytes.Buffer
	if header != "" {
		for line := range strings.Lines(header) {
			b.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\r\n"), " "))
			b.WriteByte('\n')
		}
	}
	for i, p := range paths {
		b.WriteString(hex.EncodeToString(sums[i][:]))
		b.WriteString("  ")
		b.WriteString(strings.TrimPrefix(p, top+"/"))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// groupByTop sorts the wanted paths into their tops, and refuses what could not be written or listed everywhere.
func groupByTop(want Files) (map[string][]string, error) {
	tops := map[string][]string{}
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if err := checkPath(p); err != nil {
			return nil, err
		}
		top, rest, ok := strings.Cut(p, "/")
		if !ok {
			return nil, &pathError{p, "it is not in a folder"}
		}
		if rest == ManifestName {
			return nil, &pathError{p, "the name is reserved for the list of generated files"}
		}
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if _, ok := want[dir]; ok {
				return nil, &pathError{dir, "it is both a file and a folder"}
			}
		}
		tops[top] = append(tops[top], p)
	}
	return tops, nil
}

// checkPath refuses paths that lead out of the root, that sha256sum would write in its escaped form, or that the system
// cannot name.
func checkPath(p string) error {
	if !fs.ValidPath(p) || p == "." {
		return &pathError{p, "it is not a relative, slash-separated path"}
	}
	if strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return &pathError{p, "it has a control character or a backslash"}
	}
	if _, err := filepath.Localize(p); err != nil {
		return &pathError{p, "this system has no such file names"}
	}
	return nil
}
