package graph

import (
	"fmt"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of an account's baseline.
const (
	idBaseline    = "baseline"
	idGuardDuty   = "guardduty"
	idSecurityHub = "securityhub"
	idRecorder    = "recorder"
	idTrail       = "trail"
	idTrailBucket = "trailbucket"
)

// baseline draws what an environment's account has whatever runs in it.
func baseline(b *builder, e *schema.Environment) {
	if !e.HasBaseline() {
		return
	}
	claim := b.config.BaselineClaim(e)
	b.frame(Frame{ID: idBaseline, Parent: accountFrame(e), Style: FrameNetwork, Title: "Account baseline", Note: e.Region})
	b.node(Node{ID: idGuardDuty, Frame: idBaseline, Kind: Security, Title: "GuardDuty", Notes: []string{"looks for threats"}})
	b.node(Node{
		ID: idSecurityHub, Frame: idBaseline, Kind: Security, Title: "Security Hub", Notes: []string{strings.Join(claim.SecurityHub.Standards, ", ")},
	})
	b.node(Node{ID: idRecorder, Frame: idBaseline, Kind: Security, Title: "AWS Config", Notes: []string{
		claim.Config.Recording, "kept " + count(claim.Config.RetentionDays, "day"),
	}})
	b.link(idGuardDuty, idSecurityHub, Signal, "findings")
	b.link(idRecorder, idSecurityHub, Signal, "")
	if claim.Budget != nil {
		b.node(Node{ID: "budget", Frame: idBaseline, Kind: Monitoring, Title: "Budget", Notes: []string{fmt.Sprintf("%d USD a month", claim.Budget.AmountUSD)}})
	}
	if claim.Trail != nil {
		b.trail(claim.Trail, idBaseline, idTrail, idTrailBucket)
	}
}

// trail draws the organization's trail and where it is kept.
func (b *builder) trail(trail *schema.TrailSpec, frame, node, bucket string) {
	b.node(Node{ID: node, Frame: frame, Kind: Security, Title: "CloudTrail", Notes: []string{"of all accounts"}, Column: 1})
	b.node(Node{
		ID: bucket, Frame: frame, Kind: Data, Store: true, Title: "S3 bucket", Column: 1, Notes: []string{"trail", "kept " + count(trail.RetentionDays, "day")},
	})
	b.link(node, bucket, Signal, "")
}

// baselinePlatform draws the organization's trail. The rest is the same in all accounts.
func baselinePlatform(b *builder) {
	for _, e := range b.config.Environments {
		if !e.HasBaseline() || e.Baseline.Trail == nil {
			continue
		}
		trail := b.config.BaselineClaim(e).Trail
		b.trail(trail, id("environment", e.Name), id(idTrail, e.Name), id(idTrailBucket, e.Name))
	}
}
