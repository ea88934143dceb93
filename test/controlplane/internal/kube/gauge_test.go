package kube

import "testing"

// TestGauge: a name is a whole name, and numbers may have an exponent.
func TestGauge(t *testing.T) {
	t.Parallel()
	const text = "# HELP etcd_size Size.\netcd_size_in_use 12\netcd_size 4.1943040e+07\n"
	for name, want := range map[string]int64{"etcd_size": 41943040, "etcd_size_in_use": 12, "etcd": 0} {
		if got := gauge(text, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
