package schema

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zonesByRegion are the zones of each region as the data set of the requirements has them: written down a second time, so that a slip of
// the hand in facts.cue is seen.
var zonesByRegion = map[string]string{
	"us-east-1": "abcdef", "us-east-2": "abc", "us-west-1": "ac", "us-west-2": "abcd",
	"ca-central-1": "abd", "ca-west-1": "abc", "mx-central-1": "abc", "sa-east-1": "abc",
	"eu-west-1": "abc", "eu-west-2": "abc", "eu-west-3": "abc", "eu-central-1": "abc", "eu-central-2": "abc",
	"eu-north-1": "abc", "eu-south-1": "abc", "eu-south-2": "abc",
	"ap-south-1": "abc", "ap-south-2": "abc", "ap-southeast-1": "abc", "ap-southeast-2": "abc", "ap-southeast-3": "abc",
	"ap-southeast-4": "abc", "ap-southeast-5": "abc", "ap-northeast-1": "acd", "ap-northeast-2": "abcd", "ap-northeast-3": "abc",
	"ap-east-1": "abc", "me-south-1": "abc", "me-central-1": "abc", "af-south-1": "abc", "il-central-1": "abc",
}

func TestZonesAreThoseOfTheDataSet(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t)
	got := map[string]string{}
	if err := definition(t, e, "#Zones").Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(zonesByRegion, got); diff != "" {
		t.Errorf("#Zones (-data set +facts.cue):\n%s", diff)
	}
}

func TestKubernetesVersionsAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	type dates struct {
		Standard string `json:"standardUntil"`
		Extended string `json:"extendedUntil"`
	}
	want := map[string]dates{
		"1.32": {"2026-03-23", "2027-03-23"}, "1.33": {"2026-07-29", "2027-07-29"},
		"1.34": {"2026-12-02", "2027-12-02"}, "1.35": {"2027-03-27", "2028-03-27"},
	}
	e := newEvaluator(t)
	got := map[string]dates{}
	if err := definition(t, e, "#KubernetesVersions").Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("#KubernetesVersions (-calendar +facts.cue):\n%s", diff)
	}
}

// inRegion is an environment with a network in a region.
func inRegion(region, cidr string, zones Zones) *Environment {
	return &Environment{
		Name: "dev", Region: region, zoneLetters: zonesByRegion[region],
		Network: &Network{CIDR: cidr, Zones: zones},
	}
}

func TestTierSubnets(t *testing.T) {
	t.Parallel()
	explicit := func(zones int, public, app, data []string) *Environment {
		e := inRegion("us-east-2", "10.50.0.0/16", Zones{Count: zones})
		e.Network.Subnets = &Subnets{Public: public, PrivateApp: app, PrivateData: data}
		return e
	}
	cases := map[string]struct {
		reason      string
		environment *Environment
		want        TierSubnets
		err         error
	}{
		"three zones of a /16": {
			reason:      "the layout that the documentation describes",
			environment: inRegion("eu-west-1", "10.40.0.0/16", Zones{Count: 3}),
			want: TierSubnets{
				Public:      []Subnet{{"eu-west-1a", "10.40.224.0/23"}, {"eu-west-1b", "10.40.226.0/23"}, {"eu-west-1c", "10.40.228.0/23"}},
				PrivateApp:  []Subnet{{"eu-west-1a", "10.40.0.0/19"}, {"eu-west-1b", "10.40.32.0/19"}, {"eu-west-1c", "10.40.64.0/19"}},
				PrivateData: []Subnet{{"eu-west-1a", "10.40.240.0/23"}, {"eu-west-1b", "10.40.242.0/23"}, {"eu-west-1c", "10.40.244.0/23"}},
				Pods:        []Subnet{},
			},
		},
		"two zones of a /20": {
			reason:      "the smallest VPC that is divided: an ALB still fits into its /27",
			environment: inRegion("eu-west-1", "10.0.16.0/20", Zones{Count: 2}),
			want: TierSubnets{
				Public:      []Subnet{{"eu-west-1a", "10.0.30.0/27"}, {"eu-west-1b", "10.0.30.32/27"}},
				PrivateApp:  []Subnet{{"eu-west-1a", "10.0.16.0/23"}, {"eu-west-1b", "10.0.18.0/23"}},
				PrivateData: []Subnet{{"eu-west-1a", "10.0.31.0/27"}, {"eu-west-1b", "10.0.31.32/27"}},
				Pods:        []Subnet{},
			},
		},
		"named zones": {
			reason:      "a name decides, not its place in the list",
			environment: inRegion("eu-west-1", "10.40.0.0/16", Zones{Count: 2, Names: []string{"eu-west-1c", "eu-west-1a"}}),
			want: TierSubnets{
				Public:      []Subnet{{"eu-west-1c", "10.40.228.0/23"}, {"eu-west-1a", "10.40.224.0/23"}},
				PrivateApp:  []Subnet{{"eu-west-1c", "10.40.64.0/19"}, {"eu-west-1a", "10.40.0.0/19"}},
				PrivateData: []Subnet{{"eu-west-1c", "10.40.244.0/23"}, {"eu-west-1a", "10.40.240.0/23"}},
				Pods:        []Subnet{},
			},
		},
		"explicit": {
			reason:      "given ranges are taken as they are, in the order of the zones",
			environment: explicit(2, []string{"10.50.0.0/20", "10.50.16.0/20"}, []string{"10.50.32.0/20", "10.50.48.0/20"}, nil),
			want: TierSubnets{
				Public:      []Subnet{{"us-east-2a", "10.50.0.0/20"}, {"us-east-2b", "10.50.16.0/20"}},
				PrivateApp:  []Subnet{{"us-east-2a", "10.50.32.0/20"}, {"us-east-2b", "10.50.48.0/20"}},
				PrivateData: []Subnet{},
				Pods:        []Subnet{},
			},
		},
		"explicit, too few": {
			reason:      "each tier that is wrong is named",
			environment: explicit(3, []string{"10.50.0.0/20", "10.50.16.0/20"}, []string{"10.50.32.0/20", "10.50.48.0/20"}, []string{"10.50.64.0/20"}),
			err: errors.Join(
				&SubnetCountError{Tier: "public", Ranges: 2, Zones: 3}, &SubnetCountError{Tier: "privateApp", Ranges: 2, Zones: 3},
				&SubnetCountError{Tier: "privateData", Ranges: 1, Zones: 3},
			),
		},
		"small VPC": {
			reason:      "a /21 would give public subnets of /28, too small for a load balancer",
			environment: inRegion("eu-west-1", "10.0.0.0/21", Zones{Count: 2}),
			err:         ErrSmallVPC,
		},
		"too many zones": {
			reason:      "the region has fewer",
			environment: inRegion("us-west-1", "10.0.0.0/16", Zones{Count: 3}),
			err:         &ZoneError{Message: "3 zones, but us-west-1 has 2: us-west-1a, us-west-1c"},
		},
		"zone of another region": {
			reason:      "a name that the region does not have",
			environment: inRegion("eu-west-1", "10.0.0.0/16", Zones{Count: 2, Names: []string{"eu-west-1a", "eu-west-2b"}}),
			err:         &ZoneError{Message: "eu-west-2b is not a zone of eu-west-1, which has eu-west-1a, eu-west-1b, eu-west-1c"},
		},
		"zone twice": {
			reason:      "two subnets of a tier in one zone are not two zones",
			environment: inRegion("eu-west-1", "10.0.0.0/16", Zones{Count: 2, Names: []string{"eu-west-1a", "eu-west-1a"}}),
			err:         &ZoneError{Message: "eu-west-1a is given twice"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tc.environment.TierSubnets()
			if diff := cmp.Diff(errorText(tc.err), errorText(err)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if tc.err != nil {
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// all are the subnets of all tiers.
func (s TierSubnets) all() []Subnet { return slices.Concat(s.Public, s.PrivateApp, s.PrivateData) }

// TestComputedSubnetsFit holds the computed layout against its promises, for every VPC size and every number of zones of every region.
func TestComputedSubnetsFit(t *testing.T) {
	t.Parallel()
	layouts := 0
	for _, region := range slices.Sorted(maps.Keys(zonesByRegion)) {
		for bits := 16; bits <= 20; bits++ {
			// A base with bits set in every byte that a smaller mask would cut: a wrong base shows.
			vpc := netip.PrefixFrom(netip.MustParseAddr("10.171.240.0"), bits).Masked()
			var before TierSubnets
			for count := 2; count <= len(zonesByRegion[region]); count++ {
				layouts++
				where := fmt.Sprintf("%d zones of %s in %s", count, region, vpc)
				tiers, err := inRegion(region, vpc.String(), Zones{Count: count}).TierSubnets()
				if err != nil {
					t.Fatalf("%s: %v", where, err)
				}
				checkLayout(t, where, vpc, tiers, count)
				for _, old := range before.all() {
					if !slices.Contains(tiers.all(), old) {
						t.Errorf("%s: one zone more moves %s of %s", where, old.CIDR, old.Zone)
					}
				}
				before = tiers
			}
		}
	}
	if want := 300; layouts < want {
		t.Errorf("checked %d layouts, expected at least %d", layouts, want)
	}
}

func checkLayout(t *testing.T, where string, vpc netip.Prefix, tiers TierSubnets, zones int) {
	t.Helper()
	for name, tier := range map[string][]Subnet{"public": tiers.Public, "privateApp": tiers.PrivateApp, "privateData": tiers.PrivateData} {
		if len(tier) != zones {
			t.Errorf("%s: %s has %d subnets", where, name, len(tier))
		}
	}
	var prefixes []netip.Prefix
	for _, s := range tiers.all() {
		prefix, err := netip.ParsePrefix(s.CIDR)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		// Amazon VPC takes /16 to /28, at the first address of the range and inside the VPC.
		if prefix != prefix.Masked() || prefix.Bits() < 16 || prefix.Bits() > 28 || !vpc.Contains(prefix.Addr()) || prefix.Bits() < vpc.Bits() {
			t.Errorf("%s: %s is no subnet of it", where, s.CIDR)
		}
		for _, other := range prefixes {
			if prefix.Overlaps(other) {
				t.Errorf("%s: %s overlaps %s", where, prefix, other)
			}
		}
		prefixes = append(prefixes, prefix)
	}
}

// TestAZoneKeepsItsSubnets adds the letters that a region lacks, one at a time. AWS shows accounts different subsets of some regions' zones
// (#Zones), so letters will be added to facts.cue one day, and a subnet's range cannot change.
func TestAZoneKeepsItsSubnets(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"us-west-1", "ca-central-1", "ap-northeast-1", "eu-west-1", "us-west-2"} {
		environment := inRegion(region, "10.40.0.0/16", Zones{Count: len(zonesByRegion[region])})
		names := environment.RegionZones()
		before, err := environment.TierSubnets()
		if err != nil {
			t.Fatal(err)
		}
		for letter := 'a'; letter <= 'f'; letter++ {
			if strings.ContainsRune(zonesByRegion[region], letter) {
				continue
			}
			later := inRegion(region, "10.40.0.0/16", Zones{Count: len(names), Names: names})
			letters := []rune(zonesByRegion[region] + string(letter))
			slices.Sort(letters)
			later.zoneLetters = string(letters)
			after, err := later.TierSubnets()
			if err != nil {
				t.Fatal(err)
			}
			for _, old := range before.all() {
				if !slices.Contains(after.all(), old) {
					t.Errorf("zone %s%c is known now, and that moves %s of %s", region, letter, old.CIDR, old.Zone)
				}
			}
		}
	}
}
