package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/google/go-cmp/cmp"
)

// comparer lists where a CUE value and a Go type do not say the same: a field that only one of them has, or has as something else.
type comparer struct {
	ctx         *cue.Context
	differences []string
}

// sampleNames are names that the patterns of the contract's maps take: it is open to any of them, and no pattern says which.
var sampleNames = []string{"example", "coredns", "single-nat-gateway", "1.35", "cpu", "memory.available", "network", "dev"}

func (c *comparer) differf(path, format string, args ...any) {
	c.differences = append(c.differences, path+": "+fmt.Sprintf(format, args...))
}

func (c *comparer) compare(path string, v cue.Value, goType reflect.Type) {
	if goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	if reflect.PointerTo(goType).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return // It reads itself: TestZonesReadNumbersAndNames.
	}
	kind := kindOf(v)
	switch goType.Kind() {
	case reflect.Struct:
		if kind != cue.StructKind {
			c.differf(path, "%v in CUE, a struct in Go", kind)
			return
		}
		c.compareStruct(path, v, goType)
	case reflect.Map:
		if kind != cue.StructKind {
			c.differf(path, "%v in CUE, a map in Go", kind)
			return
		}
		c.compareMap(path, v, goType.Elem())
	case reflect.Slice:
		if kind != cue.ListKind {
			c.differf(path, "%v in CUE, a slice in Go", kind)
			return
		}
		c.compare(path+"[]", elementOf(v), goType.Elem())
	case reflect.String:
		c.scalar(path, kind, cue.StringKind, goType)
	case reflect.Bool:
		c.scalar(path, kind, cue.BoolKind, goType)
	case reflect.Int, reflect.Int32:
		c.scalar(path, kind, cue.IntKind, goType)
	case reflect.Float64:
		c.scalar(path, kind, cue.NumberKind, goType)
	case reflect.Interface:
	default:
		c.differf(path, "no kind of CUE is a %v of Go", goType)
	}
}

// kindOf is the kind of a value; an open list with a smallest length has none of its own.
func kindOf(v cue.Value) cue.Kind {
	if v.IncompleteKind() == cue.BottomKind && elementOf(v).Exists() {
		return cue.ListKind
	}
	return v.IncompleteKind()
}

func (c *comparer) scalar(path string, got, want cue.Kind, goType reflect.Type) {
	if got != want {
		c.differf(path, "%v in CUE, %v in Go", got, goType)
	}
}

func (c *comparer) compareStruct(path string, v cue.Value, goType reflect.Type) {
	fields := map[string]reflect.StructField{}
	collect(goType, fields)
	iterator, err := v.Fields(cue.Optional(true))
	if err != nil {
		c.differf(path, "%v", err)
		return
	}
	for iterator.Next() {
		name := iterator.Selector().Unquoted()
		field, ok := fields[name]
		delete(fields, name)
		inner := strings.TrimPrefix(path+"."+name, ".")
		if !ok {
			c.differf(inner, "only in CUE: %v has no field for it", goType)
			continue
		}
		optional := iterator.FieldType()&cue.OptionalConstraint != 0
		if omitted := strings.Contains(field.Tag.Get("json"), ",omitempty"); optional != omitted {
			c.differf(inner, "optional in CUE is %t, omitempty in Go is %t", optional, omitted)
		}
		c.compare(inner, iterator.Value(), field.Type)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c.differf(strings.TrimPrefix(path+"."+name, "."), "only in Go: the contract has no such field")
	}
}

// compareMap compares the named fields of a struct that Go has as a map, and a field of any name.
func (c *comparer) compareMap(path string, v cue.Value, element reflect.Type) {
	iterator, err := v.Fields(cue.Optional(true))
	if err != nil {
		c.differf(path, "%v", err)
		return
	}
	compared := false
	for iterator.Next() {
		c.compare(path+"."+iterator.Selector().Unquoted(), iterator.Value(), element)
		compared = true
	}
	if element.Kind() == reflect.Interface {
		return
	}
	for _, name := range sampleNames {
		if field := probe(c.ctx, v, []string{name}); field.Exists() && field.Err() == nil {
			c.compare(path+".*", field, element)
			return
		}
	}
	if !compared {
		c.differf(path, "a map in Go, but the contract takes no name here")
	}
}

// collect lists the fields of a Go struct by their json names, those of inlined structs included.
func collect(goType reflect.Type, fields map[string]reflect.StructField) {
	for field := range goType.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			collect(field.Type, fields)
		case field.IsExported():
			fields[name] = field
		}
	}
}

func TestContractAndGoTypesAgree(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		goType reflect.Type
	}{
		"#Environment":         {reason: "Load would drop what Go has no field for", goType: reflect.TypeFor[Environment]()},
		"#Platform":            {reason: "Load would drop what Go has no field for", goType: reflect.TypeFor[Platform]()},
		"#NetworkSpec":         {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[NetworkSpec]()},
		"#ClusterSpec":         {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[ClusterSpec]()},
		"#RegistrySpec":        {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[RegistrySpec]()},
		"#StateBackendSpec":    {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[StateBackendSpec]()},
		"#AccountBaselineSpec": {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[AccountBaselineSpec]()},
		"#OrganizationSpec":    {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[OrganizationSpec]()},
		"#EdgeSpec":            {reason: "the API server refuses a claim with another field", goType: reflect.TypeFor[EdgeSpec]()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvaluator(t)
			v := definition(t, e, name)
			if name == "#Environment" {
				v = v.FillPath(cue.ParsePath("stage"), string(StageDev))
			}
			c := &comparer{ctx: e.ctx}
			c.compare("", v, tc.goType)
			if diff := cmp.Diff([]string(nil), c.differences); diff != "" {
				t.Errorf("%s:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestComparerFindsDifferences(t *testing.T) {
	t.Parallel()
	type inner struct {
		Same string `json:"same"`
	}
	type sample struct {
		Same     string           `json:"same"`
		OnlyGo   string           `json:"onlyGo"`
		Number   int              `json:"number"`
		Optional string           `json:"optional"`
		List     []int            `json:"list"`
		Map      map[string]inner `json:"map"`
		Deep     *inner           `json:"deep"`
		Closed   map[string]bool  `json:"closed"`
	}
	ctx := cuecontext.New()
	v := ctx.CompileString(`
		same:      string
		onlyCUE?:  string
		number:    string
		optional?: string
		list: [...string]
		map: [string]: same: bool
		deep: [...string]
		closed: close({})
	`)
	c := &comparer{ctx: ctx}
	c.compare("", v, reflect.TypeFor[sample]())
	want := []string{
		"closed: a map in Go, but the contract takes no name here",
		"deep: list in CUE, a struct in Go",
		"list[]: string in CUE, int in Go",
		"map.*.same: bool in CUE, string in Go",
		"number: string in CUE, int in Go",
		"onlyCUE: only in CUE: schema.sample has no field for it",
		"onlyGo: only in Go: the contract has no such field",
		"optional: optional in CUE is true, omitempty in Go is false",
	}
	slices.Sort(c.differences)
	if diff := cmp.Diff(want, c.differences); diff != "" {
		t.Errorf("a comparer that misses one of these proves nothing (-want +got):\n%s", diff)
	}
}

func TestZonesReadNumbersAndNames(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		text   string
		want   Zones
		err    string
	}{
		"number": {reason: "a number is a count", text: `2`, want: Zones{Count: 2}},
		"names":  {reason: "names count themselves", text: `["eu-west-1a","eu-west-1c"]`, want: Zones{Count: 2, Names: []string{"eu-west-1a", "eu-west-1c"}}},
		"text": {
			reason: "the contract has neither", text: `"2"`,
			err: "read number of zones: json: cannot unmarshal string into Go value of type int",
		},
		"numbers": {
			reason: "names are text", text: `[1]`, want: Zones{Names: []string{""}},
			err: "read zone names: json: cannot unmarshal number into Go value of type string",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got Zones
			err := got.UnmarshalJSON([]byte(tc.text))
			if text := errorText(err); text != tc.err {
				t.Fatalf("%s: got error %q, want %q", tc.reason, text, tc.err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if err != nil {
				return
			}
			back, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(back) != tc.text {
				t.Errorf("%s: written as %s, read from %s", tc.reason, back, tc.text)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
