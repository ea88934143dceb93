package manifest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestFromTyped compares with what encoding/json makes of each type, number
// types included.
func TestFromTyped(t *testing.T) {
	for name, typed := range typedObjects() {
		t.Run(name, func(t *testing.T) {
			got, err := FromTyped(typed)
			if err != nil {
				t.Fatal(err)
			}
			want := genericJSON(t, typed)
			delete(want, "status")
			if diff := cmp.Diff(want, canonical(got)); diff != "" {
				t.Errorf("-encoding/json +FromTyped:\n%s", diff)
			}
			checkKinds(t, name, got)

			file, err := Encode("header", got)
			if err != nil {
				t.Fatal(err)
			}
			checkRoundTrip(t, got, file)
		})
	}
}

func TestFromTypedDrops(t *testing.T) {
	type stamped struct {
		CreationTimestamp *string `json:"creationTimestamp"`
		Name              string  `json:"name"`
	}
	type template struct {
		Metadata stamped `json:"metadata"`
	}
	type object struct {
		Metadata  stamped    `json:"metadata"`
		Template  template   `json:"template"`
		Templates []template `json:"templates"`
		Status    string     `json:"status"`
		Nested    struct {
			Status string `json:"status"`
		} `json:"nested"`
		Null *string `json:"creationTimestamp"`
	}
	var set object
	set.Metadata.CreationTimestamp = new(string)
	set.Templates = []template{{}, {Metadata: stamped{CreationTimestamp: new("2024-01-02T03:04:05Z")}}}
	set.Status, set.Nested.Status = "x", "kept"

	want := map[string]any{
		"metadata":          map[string]any{"name": ""},
		"template":          map[string]any{"metadata": map[string]any{"name": ""}},
		"templates":         []any{map[string]any{"metadata": map[string]any{"name": ""}}, map[string]any{"metadata": map[string]any{"name": "", "creationTimestamp": "2024-01-02T03:04:05Z"}}},
		"nested":            map[string]any{"status": "kept"},
		"creationTimestamp": nil,
	}
	got, err := FromTyped(set)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFromTypedErrors(t *testing.T) {
	cases := map[string]struct {
		reason string
		in     any
		want   string
	}{
		"Nil": {
			reason: "a nil object is a mistake of the caller, not an empty file",
			in:     (*corev1.Namespace)(nil),
			want:   "convert *v1.Namespace: not an object",
		},
		"List": {
			reason: "content is a map",
			in:     []string{"a"},
			want:   "convert []string: json: cannot unmarshal array into Go value of type map[string]interface {}",
		},
		"NaN": {
			reason: "what JSON cannot hold is named",
			in:     struct{ F float64 }{math.NaN()},
			want:   "convert struct { F float64 }: json: unsupported value: NaN",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := FromTyped(tc.in)
			if err == nil || err.Error() != tc.want {
				t.Errorf("%s: got %v, error %v, want %s", tc.reason, got, err, tc.want)
			}
		})
	}
}

// TestFromTypedIntegers: an integer stays exact where float64 could not hold it.
func TestFromTypedIntegers(t *testing.T) {
	got, err := FromTyped(metav1.ObjectMeta{Name: "x", Generation: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"name": "x", "generation": int64(math.MaxInt64)}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func genericJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// checkKinds demands the Go types that unstructured content may have, the ones
// that DeepCopyJSON takes.
func checkKinds(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			checkKinds(t, path+"."+key, child)
		}
	case []any:
		for _, child := range v {
			checkKinds(t, path+"[]", child)
		}
	case string, bool, int64, float64, nil:
	default:
		t.Errorf("%s is a %T", path, v)
	}
}
