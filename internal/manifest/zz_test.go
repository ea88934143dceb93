package manifest
import "testing"
func TestZZ(t *testing.T) {
	const alphabet = "0e.:- #n\n"
	all := []string{""}
	for from, length := 0, 0; length < 6; length++ {
		to := len(all)
		for _, s := range all[from:to] {
			for _, r := range alphabet {
				all = append(all, s+string(r))
			}
		}
		from = to
	}
	list, keys := make([]any, 0, len(all)), make(map[string]any, len(all))
	for _, s := range all {
		list = append(list, s)
		keys[s] = s
	}
	obj := map[string]any{"list": list, "keys": keys}
	got, err := Encode("", obj)
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, obj, got)
}
