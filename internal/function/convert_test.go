package function

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/innovate-inc/genops/compositions"
)

// TestConvert sends values through protobuf and back.
func TestConvert(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, out any }{
		"text":            {"a\x00€", "a\x00€"},
		"true":            {true, true},
		"null":            {nil, nil},
		"zero":            {int64(0), int64(0)},
		"port":            {int64(443), int64(443)},
		"negative":        {int64(-1), int64(-1)},
		"largest":         {int64(maxExact), int64(maxExact)},
		"smallest":        {int64(-maxExact), int64(-maxExact)},
		"int":             {7, int64(7)},
		"int32":           {int32(7), int64(7)},
		"whole float":     {2.0, int64(2)},
		"fraction":        {0.25, 0.25},
		"large float":     {1e300, 1e300},
		"2^63":            {math.Pow(2, 63), math.Pow(2, 63)},
		"-2^63":           {-math.Pow(2, 63), int64(math.MinInt64)},
		"list":            {[]any{int64(1), "b", nil, []any{}}, []any{int64(1), "b", nil, []any{}}},
		"map":             {map[string]any{"a": map[string]any{}}, map[string]any{"a": map[string]any{}}},
		"list of strings": {[]string{"a", "b"}, []any{"a", "b"}},
		"map of strings":  {map[string]string{"a": "b"}, map[string]any{"a": "b"}},
		"list of maps":    {[]map[string]any{{"n": int64(1)}}, []any{map[string]any{"n": int64(1)}}},
		"nil list":        {[]any(nil), []any{}},
	} {
		s, err := encode(map[string]any{"v": tc.in})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := decode(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(map[string]any{"v": tc.out}, out); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if content, err := decode(nil); content == nil || err != nil {
		t.Errorf("nothing is %v, %v", content, err)
	}
}

// TestEncodeRefuses names what protobuf cannot hold.
func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   any
		want string
	}{
		"too large": {map[string]any{"b": []any{int64(1), int64(maxExact + 1)}}, "a: b: 1: 9007199254740993 is too large for a number of protobuf"},
		"too small": {int64(-maxExact - 1), "a: -9007199254740993 is too large for a number of protobuf"},
		"NaN":       {math.NaN(), "a: NaN is no number of JSON"},
		"bytes":     {"\xff", "a: it is not UTF-8"},
		"channel":   {make(chan int), "a: encode chan int: json: unsupported type: chan int"},
	} {
		if _, err := encode(map[string]any{"a": tc.in}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error is %v, want %s", name, err, tc.want)
		}
	}
}

// TestLikeTheLibrary compares with the converters of protobuf, which are slower and know no int64.
func TestLikeTheLibrary(t *testing.T) {
	t.Parallel()
	for kind, spec := range specs(t) {
		_, all, err := compositions.Simulate(find(t, kind), spec)
		if err != nil {
			t.Fatal(err)
		}
		for key, content := range all.Resources {
			content = plain(t, content)
			got, err := encode(content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(object(t, content), got, protocmp.Transform()); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", kind, key, diff)
			}
			back, err := decode(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(content, back); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", kind, key, diff)
			}
		}
	}
}

// cluster is a large observation.
func cluster(b *testing.B) (map[string]any, compositions.Observed) {
	b.Helper()
	spec := specs(b)["Cluster"]
	_, all, err := compositions.Simulate(find(b, "Cluster"), spec)
	if err != nil {
		b.Fatal(err)
	}
	for key, content := range all.Resources {
		all.Resources[key] = plain(b, content)
	}
	return spec, all
}

// BenchmarkRunFunction answers the request for a whole claim.
func BenchmarkRunFunction(b *testing.B) {
	for _, kind := range []string{"Network", "Cluster", "Edge", "ClusterRegistration"} {
		b.Run(kind, func(b *testing.B) {
			spec := specs(b)[kind]
			_, all, err := compositions.Simulate(find(b, kind), spec)
			if err != nil {
				b.Fatal(err)
			}
			for key, content := range all.Resources {
				all.Resources[key] = plain(b, content)
			}
			req, f := request(b, kind, spec, all), quiet()
			ask(b, f, req)
			b.ReportAllocs()
			for b.Loop() {
				ask(b, f, req)
			}
		})
	}
}

// BenchmarkFirst answers the first request, which compiles the schema.
func BenchmarkFirst(b *testing.B) {
	req := request(b, "Cluster", specs(b)["Cluster"], compositions.Observed{})
	for b.Loop() {
		ask(b, quiet(), req)
	}
}

// BenchmarkEncode compares the converter with the library's, and with the way through JSON.
func BenchmarkEncode(b *testing.B) {
	_, all := cluster(b)
	run := func(name string, convert func(map[string]any) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, content := range all.Resources {
					if err := convert(content); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	run("own", func(content map[string]any) error { _, err := encode(content); return err })
	run("structpb", func(content map[string]any) error { _, err := structpb.NewStruct(content); return err })
	run("JSON", func(content map[string]any) error {
		text, err := json.Marshal(content)
		if err != nil {
			return err
		}
		return protojson.Unmarshal(text, &structpb.Struct{})
	})
}

// BenchmarkDecode is the other way.
func BenchmarkDecode(b *testing.B) {
	_, all := cluster(b)
	var structs []*structpb.Struct
	for _, content := range all.Resources {
		structs = append(structs, object(b, content))
	}
	run := func(name string, convert func(*structpb.Struct) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range structs {
					if err := convert(s); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	run("own", func(s *structpb.Struct) error { _, err := decode(s); return err })
	run("structpb", func(s *structpb.Struct) error { s.AsMap(); return nil })
	run("JSON", func(s *structpb.Struct) error {
		text, err := protojson.Marshal(s)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &map[string]any{})
	})
}
