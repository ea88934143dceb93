package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// block is an address range that an environment's VPC takes.
type block struct {
	environment *schema.Environment
	prefix      netip.Prefix
	// field is where the range is written, as cidr; of says what of the environment has it, if that is not its network.
	field, cidr, of string
}

// owner is whose range it is.
func (b block) owner() string { return b.of + b.environment.Name }

// rfc1918 are the private ranges.
func rfc1918() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16")}
}

// private are the ranges that a VPC may come from: RFC 1918, and the shared space of RFC 6598.
func private() []netip.Prefix {
	return append(rfc1918(), netip.MustParsePrefix("100.64.0.0/10"))
}

// within tells whether a range lies in one of others.
func within(ranges []netip.Prefix, prefix netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Overlaps(prefix) && r.Bits() <= prefix.Bits() })
}

// overlaps sweeps over all VPC ranges in the order of their first address. Ranges either contain one another or are apart, so an overlap is
// with the widest range that is still open.
func overlaps(r *report) {
	var blocks []block
	for _, e := range r.config.Environments {
		if e.Network == nil {
			continue
		}
		if prefix, err := netip.ParsePrefix(e.Network.CIDR); err == nil {
			blocks = append(blocks, block{environment: e, prefix: prefix.Masked(), field: "network.cidr", cidr: e.Network.CIDR})
		}
	}
	blocks = append(blocks, replicaBlocks(r.config)...)
	slices.SortStableFunc(blocks, compareBlocks)
	taken := append(slices.Clone(blocks), serviceBlocks(r.config)...)
	for i := 1; i < len(blocks); i++ {
		open, next := blocks[i-1], blocks[i]
		if !open.prefix.Overlaps(next.prefix) {
			continue
		}
		// The problem belongs to the environment that comes later in the alphabet, whichever range starts first.
		// Within one it belongs to the replica.
		later, earlier := next, open
		if later.environment.Name < earlier.environment.Name || later.environment == earlier.environment && earlier.of != "" {
			later, earlier = earlier, later
		}
		p := r.error(later.environment, later.field,
			fmt.Sprintf("%s overlaps %s's %s", later.cidr, earlier.owner(), earlier.cidr), free(taken, later.cidr))
		p.Related = []problem.Related{r.related(earlier.environment, earlier.field, earlier.owner()+"'s is set here")}
		blocks[i] = open // The wider range stays open for what follows.
		if next.prefix.Bits() < open.prefix.Bits() {
			blocks[i] = next
		}
	}
	serviceRanges(r, blocks)
}

func compareBlocks(a, b block) int {
	if c := a.prefix.Addr().Compare(b.prefix.Addr()); c != 0 {
		return c
	}
	return a.prefix.Bits() - b.prefix.Bits()
}

// serviceBlocks are the ranges of Kubernetes services.
func serviceBlocks(c *schema.Config) []block {
	var blocks []block
	for _, e := range c.Environments {
		if e.Cluster == nil {
			continue
		}
		if prefix, err := netip.ParsePrefix(e.Cluster.ServiceCIDR); err == nil {
			blocks = append(blocks, block{environment: e, prefix: prefix.Masked()})
		}
	}
	return blocks
}

// serviceRanges checks that the addresses of Kubernetes services are in no VPC: pods could not reach what is behind them there.
func serviceRanges(r *report, blocks []block) {
	for _, services := range serviceBlocks(r.config) {
		for _, b := range blocks {
			if services.prefix.Overlaps(b.prefix) {
				p := r.error(services.environment, "cluster.serviceCIDR",
					fmt.Sprintf("%s overlaps %s's VPC %s", services.prefix, b.owner(), b.prefix))
				p.Related = []problem.Related{r.related(b.environment, b.field, b.owner()+"'s VPC range is set here")}
				break
			}
		}
	}
}

// free suggests up to three ranges of the same size that no environment uses, in steps that people number environments by.
func free(blocks []block, cidr string) string {
	wanted, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ""
	}
	const suggestions = 3
	var found []string
	const second, step, last = 16, 10, 255 // 10.<second>.0.0: the second byte counts in tens, then in ones.
	for _, width := range []int{step, 1} {
		for n := width; n <= last && len(found) < suggestions; n += width {
			candidate := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n), 0, 0}), max(wanted.Bits(), second)) //nolint:gosec // n fits: see last.
			if !slices.Contains(found, candidate.String()) && !slices.ContainsFunc(blocks, func(b block) bool { return b.prefix.Overlaps(candidate) }) {
				found = append(found, candidate.String())
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "free ranges of the same size in 10.0.0.0/8: " + strings.Join(found, ", ")
}

// aligned reports a range whose address is not the first one of the range, and returns the range.
func aligned(r *report, e *schema.Environment, field, cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return netip.Prefix{}, false
	}
	if prefix != prefix.Masked() {
		r.error(e, field, cidr+" does not start at the first address of a range", "write "+prefix.Masked().String())
		return netip.Prefix{}, false
	}
	return prefix, true
}
