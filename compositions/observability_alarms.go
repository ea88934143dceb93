package compositions

import (
	"cmp"
	"math"
)

// alarm of CloudWatch in one region.
type alarm struct {
	place
	namespace, metric, statistic, text string
	dimensions                         fields
	threshold                          float64
	seconds, periods                   int64
}

// Burning an error budget of 30 days: this fast, its part of the budget is gone after the window (Google, The Site Reliability Workbook: alerting
// on SLOs).
const (
	fastBurn = 14.4 // 2 % in an hour.
	slowBurn = 6    // 5 % in six hours.
)

// alarms makes those of CloudWatch. What happens in the cluster, the alert manager of metrics tells.
func (o *observability) alarms() {
	const minute, hour = 60, 3600
	for _, zone := range o.spec.NATZones {
		o.natAlarm(zone)
	}
	if o.spec.Edge != nil {
		budget := percentLeft(o.spec.Edge.Availability)
		o.edgeAlarm("edge-errors-fast", fastBurn*budget, hour)
		o.edgeAlarm("edge-errors-slow", slowBurn*budget, 6*hour)
	}
	cluster := o.spec.ClusterName
	if cluster == "" {
		return
	}
	const tooOld, quotaBytes = 5 * minute, 6 << 30
	o.alert("interruption-queue", alarm{
		place: o.home(), namespace: "AWS/SQS", metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum", dimensions: fields{"QueueName": QueueName(cluster)},
		threshold: tooOld, seconds: 5 * minute, periods: 2, text: "Karpenter does not read notices of interruptions: pods die with their nodes.",
	})
	// Metrics that EKS gives of each control plane (EKS user guide: control plane metrics in CloudWatch).
	o.alert("control-plane-errors", alarm{
		place: o.home(), namespace: "AWS/EKS", metric: "apiserver_request_total_5XX", statistic: "Sum", dimensions: fields{"ClusterName": cluster},
		threshold: 50, seconds: 5 * minute, periods: 3, text: "The Kubernetes API answers with errors of its own.",
	})
	o.alert("control-plane-storage", alarm{
		place: o.home(), namespace: "AWS/EKS", metric: "apiserver_storage_size_bytes", statistic: "Maximum", dimensions: fields{"ClusterName": cluster},
		threshold: quotaBytes, seconds: 5 * minute, periods: 3, text: "Three quarters of the 8 GiB of etcd are full: at the end the cluster takes no changes.",
	})
}

// percentLeft is the error budget in percent, without the noise of binary fractions.
func percentLeft(availability float64) float64 {
	const all, digits = 100, 1e6
	return math.Round((all-availability)*digits) / digits
}

// natAlarm tells when a NAT gateway has no ports left. Its id is AWS's choice, and belongs to the Network claim.
func (o *observability) natAlarm(zone string) {
	key := "alarm-nat-ports-" + zone
	id := cmp.Or(
		text(o.observed.Required[natKey(zone)], "status", "atProvider", "id"),
		o.observedText(key, "spec", "forProvider", "dimensions", "NatGatewayId"),
	)
	if id == "" {
		o.hold(key, o.alarm.noun)
		return
	}
	o.alert("nat-ports-"+zone, alarm{
		place: o.home(), namespace: "AWS/NATGateway", metric: "ErrorPortAllocation", statistic: "Sum", dimensions: fields{"NatGatewayId": id},
		threshold: 1, seconds: 300, periods: 3, text: "The NAT gateway of " + zone + " has no ports left: connections to the Internet fail.",
	}).fromObserved("spec.forProvider.dimensions.NatGatewayId")
}

// edgeAlarm tells when CloudFront answers with so many errors that the budget of a month goes in hours. threshold is in percent of requests.
func (o *observability) edgeAlarm(name string, threshold float64, seconds int64) {
	key := "alarm-" + name
	id := cmp.Or(
		text(o.observed.Required[keyDistribution], "status", "atProvider", "id"),
		o.observedText(key, "spec", "forProvider", "dimensions", "DistributionId"),
	)
	if id == "" {
		o.hold(key, o.alarm.noun)
		return
	}
	const digits = 1e6
	o.alert(name, alarm{
		place: o.edgePlace(), namespace: "AWS/CloudFront", metric: "5xxErrorRate", statistic: "Average",
		dimensions: fields{"DistributionId": id, "Region": "Global"}, threshold: math.Round(threshold*digits) / digits, seconds: seconds, periods: 1,
		text: "CloudFront answers with errors of the server. At this rate what is allowed in a month is used up in days.",
	}).fromObserved("spec.forProvider.dimensions.DistributionId")
}

// alert makes an alarm that tells the topic of its region when it begins and when it ends.
func (o *observability) alert(name string, a alarm) *composed {
	topic := o.topicARN(a.place)
	return o.add("alarm-"+name, o.alarm, fields{
		"alarmDescription": a.text, "namespace": a.namespace, "metricName": a.metric, "statistic": a.statistic, "dimensions": a.dimensions,
		"comparisonOperator": "GreaterThanOrEqualToThreshold", "threshold": a.threshold, "period": a.seconds, "evaluationPeriods": a.periods,
		"treatMissingData": "notBreaching", "alarmActions": []any{topic}, "okActions": []any{topic},
	}).in(a.region).external(shorten(prefix(o.meta)+"-"+name, limitAlarm))
}
