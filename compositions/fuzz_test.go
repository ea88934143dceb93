package compositions_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
)

// FuzzCompose holds for any JSON as a spec, of any kind, before and after AWS has made things: no panic, no error that is not for people, keys that
// are unique and sorted, objects that have a kind and a name, and the same answer a second time.
//
// Few changes of single characters leave JSON behind, so place says which value of the spec is another one, if any.
func FuzzCompose(f *testing.F) {
	kinds := make([]string, 0, len(compositions.All()))
	for _, c := range compositions.All() {
		kinds = append(kinds, c.Kind)
	}
	for _, claims := range configurations(f) {
		for _, c := range claims {
			for _, value := range []string{``, `""`, `0`, `-1`, `[]`, `{}`, `["a","a"]`, `true`, `"eu-west-1"`} {
				f.Add(byte(slices.Index(kinds, c.kind)), []byte(line(f, c.spec)), uint16(7*len(value)), value)
			}
		}
	}
	for kind := range kinds {
		f.Add(byte(kind), []byte(`{}`), uint16(0), ``)
		f.Add(byte(kind), []byte(`{"environment":"a","account":"1","region":"r","project":"p","adopt":{"vpc":"a"}}`), uint16(3), `"-"`)
	}
	f.Fuzz(func(t *testing.T, kind byte, content []byte, place uint16, value string) {
		var spec map[string]any
		if json.Unmarshal(content, &spec) != nil {
			return // It does not reach a composition.
		}
		replace(spec, int(place), value)
		composition := compositions.All()[int(kind)%len(kinds)]
		first, err := composition.Compose(spec, compositions.Observed{})
		judge(t, first, err)
		simulated, observed, err := compositions.Simulate(composition, spec)
		judge(t, simulated, err)
		if err != nil {
			return
		}
		again, err := composition.Compose(spec, observed)
		judge(t, again, err)
		if diff := cmp.Diff(keys(simulated), keys(again)); diff != "" || len(again.Held) > 0 {
			t.Errorf("a second time: held back %q (-first +second):\n%s", again.Held, diff)
		}
	})
}

// replace puts a value in a certain place of a spec: JSON, or else the text itself.
func replace(spec map[string]any, place int, value string) {
	var parsed any
	if json.Unmarshal([]byte(value), &parsed) != nil {
		parsed = value
	}
	var setters []func()
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				setters = append(setters, func() { value[name] = parsed })
				visit(value[name])
			}
		case []any:
			for i := range value {
				setters = append(setters, func() { value[i] = parsed })
				visit(value[i])
			}
		}
	}
	visit(spec)
	if value != "" && len(setters) > 0 {
		setters[place%len(setters)]()
	}
}

// judge holds what is true of every answer of a composition.
func judge(t *testing.T, result *compositions.Result, err error) {
	t.Helper()
	if err != nil {
		invalid := &compositions.InvalidError{}
		if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || slices.Contains(invalid.Problems, "") || result != nil {
			t.Fatalf("%T is not for people: %v", err, err)
		}
		return
	}
	found := keys(result)
	if !slices.IsSorted(found) || len(slices.Compact(slices.Clone(found))) != len(found) || !slices.IsSorted(result.Held) {
		t.Errorf("keys %q, held back %q", found, result.Held)
	}
	for _, resource := range result.Resources {
		if text(resource.Object, "apiVersion") == "" || text(resource.Object, "kind") == "" || text(resource.Object, "metadata", "name") == "" {
			t.Errorf("%s: %v %v %v", resource.Key, resource.Object["apiVersion"], resource.Object["kind"], resource.Object["metadata"])
		}
		if slices.Contains(result.Held, resource.Key) {
			t.Errorf("%s is made and held back", resource.Key)
		}
	}
	if result.Condition.Reason == "" || result.Condition.Message == "" || result.Condition.Ready != (result.Condition.Reason == compositions.ReasonAvailable) {
		t.Errorf("condition %+v", result.Condition)
	}
}
