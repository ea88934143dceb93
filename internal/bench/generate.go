package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// platform is a platform without its order; what it says does not matter for the time.
const platform = `package environments

import "github.com/innovate-inc/genops/schema"

environment: schema.#Environment & {
	region:     *"eu-west-1" | _
	project:    *"bench" | _
	owner:      *"platform" | _
	costCenter: *"cc-1000" | _
}

platform: schema.#Platform & {
	organization:      "bench"
	domain:            "bench.example"
	managementAccount: "100000000001"
	git: url: "https://git.example/bench.git"
	bootstrap: {account: "100000000002", region: "eu-west-1", egressCIDRs: ["198.51.100.10/32"]}
	versions: {
		kubernetes: "1.35"
		amis: {Bottlerocket: "v1.64.0", AL2023: "v20260903"}
		charts: {
			"karpenter-crd": {repository: "charts.example/karpenter", version: "1.14.1"}
			karpenter: {repository: "charts.example/karpenter", version: "1.14.1"}
			"aws-load-balancer-controller": {repository: "https://charts.example", version: "3.5.0"}
			"metrics-server": {repository: "https://charts.example", version: "3.13.1"}
			"external-secrets": {repository: "https://charts.example", version: "2.9.0"}
			"external-dns": {repository: "https://charts.example", version: "1.21.1"}
			"aws-for-fluent-bit": {repository: "https://charts.example", version: "0.2.0"}
			"opentelemetry-collector": {repository: "https://charts.example", version: "0.170.0"}
			"kube-state-metrics": {repository: "https://charts.example", version: "7.3.0"}
			"prometheus-node-exporter": {repository: "https://charts.example", version: "4.55.0"}
			crossplane: {repository: "https://charts.example", version: "2.3.4"}
		}
		packages: {
			providerAWS: {prefix: "packages.example/provider-aws", version: "v2.6.0"}
			function: {package: "packages.example/genops-function", version: "v0.3.0"}
			services: ["acm", "cloudfront", "cloudwatch", "cloudwatchevents", "cloudwatchlogs", "ec2", "eks", "iam", "kms", "sqs"]
		}
	}
	order: [%s]
}
`

// environment is one environment with two node pools and five services: about 50 objects with what belongs to it on the bootstrap cluster.
const environment = `package environments

environment: {
	stage:   "dev"
	account: "%012d"
	network: cidr: "%s"
	cluster: {}
	services: {
		web: network: loadBalancer: true
		api: network: {from: ["web"], loadBalancer: true}
		orders: network: from: ["api"]
		payments: network: from: ["orders"]
		mail: network: from: ["orders", "payments"]
	}
}
`

// generate writes n environments below dir.
func generate(dir string, n int) error {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("env%03d", i)
		// /20 ranges, one after the other from 10.0.0.0.
		cidr := fmt.Sprintf("10.%d.%d.0/20", i/16, i%16*16)
		if err := write(filepath.Join(dir, "environments", names[i], "environment.cue"), fmt.Sprintf(environment, 200000000000+i, cidr)); err != nil {
			return err
		}
	}
	return write(filepath.Join(dir, "environments", "platform.cue"), fmt.Sprintf(platform, `"`+strings.Join(names, `", "`)+`"`))
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
