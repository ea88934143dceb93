package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// unusual is where the environment is not as its stage makes it.
func (w *writer) unusual() error {
	e := w.env
	differences, err := w.config.Differences(e)
	if err != nil {
		return fmt.Errorf("compare with the defaults of %s: %w", e.Stage, err)
	}
	w.heading(2, "What is unusual")
	before := w.b.Len()
	if values, cut := valuesOf(differences); len(values) > 0 {
		w.paragraph("Values that are not the defaults of the stage " + code(string(e.Stage)) + ":")
		w.table([]inline{"Field", "Here", "Default"}, values)
		if cut {
			w.paragraph("What ends with … is longer: the CUE of the environment has all of it.")
		}
	}
	w.reasons()
	w.adopted()
	if len(e.AllowDeletion) > 0 {
		w.paragraph("Claims that may be deleted, with all that they hold: " + codes(e.AllowDeletion) + ".")
	}
	w.patches()
	if w.b.Len() == before {
		w.paragraph("Nothing: every value is the default of the stage " + code(string(e.Stage)) + ".")
	}
	return nil
}

// valuesOf are the rows of differing values, and whether one of them is cut. What has a table of its own is not among them.
func valuesOf(differences []schema.Difference) (rows [][]inline, cut bool) {
	for _, d := range differences {
		top, _, _ := strings.Cut(d.Field, ".")
		if slices.Contains([]string{"accept", "adopt", "allowDeletion"}, top) {
			continue
		}
		here, given := short(d.Value), short(d.Default)
		cut = cut || here != d.Value || given != d.Default
		row := []inline{code(d.Field), code(here), "none"}
		if given != "" {
			row[2] = code(given)
		}
		rows = append(rows, row)
	}
	return rows, cut
}

// longestValue is how many characters of a value a table has room for.
const longestValue = 125

// short is the beginning of a value that is too long for a table.
func short(value string) string {
	characters := []rune(value)
	if len(characters) <= longestValue {
		return value
	}
	return string(characters[:longestValue-1]) + "…"
}

// reasons are the accepted warnings.
func (w *writer) reasons() {
	var rows [][]inline
	for _, id := range slices.Sorted(maps.Keys(w.env.Accept)) {
		rows = append(rows, []inline{code(id), text(w.env.Accept[id])})
	}
	if len(rows) > 0 {
		w.paragraph("Accepted warnings:")
		w.table([]inline{"Warning", "Reason"}, rows)
	}
}

// adopted are AWS resources that were there before.
func (w *writer) adopted() {
	var rows [][]inline
	for _, claim := range slices.Sorted(maps.Keys(w.env.Adopt)) {
		for _, key := range slices.Sorted(maps.Keys(w.env.Adopt[claim])) {
			rows = append(rows, []inline{code(claim), code(key), code(w.env.Adopt[claim][key])})
		}
	}
	if len(rows) > 0 {
		w.paragraph("AWS resources that existed before, and are the environment's now:")
		w.table([]inline{"Claim", "Resource", "Id in AWS"}, rows)
	}
}

// patches are the objects that the environment's kustomization changes.
func (w *writer) patches() {
	if w.from.Kustomization == "" {
		return
	}
	file := link(code(w.from.Kustomization), w.source(w.from.Kustomization))
	var rows [][]inline
	for _, object := range w.from.Objects {
		if !slices.Contains(w.from.Patched, object.Path) {
			continue
		}
		kind, _ := object.Object["kind"].(string)
		metadata, _ := object.Object["metadata"].(map[string]any)
		name, _ := metadata["name"].(string)
		target := strings.TrimPrefix(object.Path, w.env.Name+"/")
		rows = append(rows, []inline{code(kind), code(name), w.link(code(target), target)})
	}
	if len(rows) == 0 {
		w.paragraph("The environment has a " + file + ", which changes nothing.")
		return
	}
	w.paragraph("Objects that " + file + " changes. The rest of this page does not know of it:")
	w.table([]inline{"Kind", "Name", "File"}, rows)
}
