package compositions

import (
	"math"
	"strings"
)

// metric is what an alarm looks at (Aurora user guide: CloudWatch metrics for Aurora).
type metric struct {
	name, statistic string
	// above tells that more than the threshold is bad; otherwise less is.
	above     bool
	threshold float64
	text      string
}

// alarms tells when the database is about to have too little of something. While it is paused it says nothing, and that is no alarm.
func (d *database) alarms() {
	const percent, lagMilliseconds = 90, 2000
	s := d.primary()
	metrics := map[string]metric{
		"capacity":    {"ACUUtilization", "Average", true, percent, "The database is close to maxCapacityACU."},
		"cpu":         {"CPUUtilization", "Average", true, percent, "An instance has had no CPU time left for a while."},
		"memory":      {"FreeableMemory", "Minimum", false, d.littleMemory(), "An instance has less than a twentieth of its largest memory left."},
		"connections": {"DatabaseConnections", "Maximum", true, d.manyConnections(), "An instance has four fifths of the connections that it takes."},
	}
	if len(d.spec.Instances) > 1 {
		metrics["replica-lag"] = metric{"AuroraReplicaLagMaximum", "Maximum", true, lagMilliseconds, "A reader lags: what was written a while ago is not there."}
	}
	for name, m := range metrics {
		d.alert(s, name, m, fields{"DBClusterIdentifier": s.identifier})
	}
}

// gibOfACU is how much memory comes with an ACU.
const gibOfACU = 2

func (d *database) littleMemory() float64 {
	const gib, part = 1 << 30, 20
	return math.Round(d.spec.MaxCapacityACU * gibOfACU * gib / part)
}

// manyConnections is four fifths of the connections of an instance: Aurora derives them from the largest capacity, and takes at most 2,000 where the
// smallest is 0 or 0.5 (Aurora user guide: maximum connections for Aurora Serverless v2).
func (d *database) manyConnections() float64 {
	const (
		gib               = 1 << 30
		bytesOfConnection = 9_531_392
		most, mostOfSmall = 5000, 2000
		small             = 0.5
		numerator, denom  = 4, 5
	)
	connections := min(d.spec.MaxCapacityACU*gibOfACU*gib/bytesOfConnection, most)
	if d.spec.MinCapacityACU <= small {
		connections = min(connections, mostOfSmall)
	}
	return math.Floor(connections * numerator / denom)
}

// alert makes one alarm of a side.
func (d *database) alert(s side, name string, m metric, dimensions fields) {
	comparison := "LessThanThreshold"
	if m.above {
		comparison = "GreaterThanOrEqualToThreshold"
	}
	const seconds, periods = 300, 3
	forProvider := fields{
		"alarmDescription": m.text, "namespace": "AWS/RDS", "metricName": m.name, "statistic": m.statistic, "comparisonOperator": comparison,
		"threshold": m.threshold, "period": int64(seconds), "evaluationPeriods": int64(periods), "dimensions": dimensions, "treatMissingData": "notBreaching",
	}
	var topics []any
	for _, topic := range d.spec.AlarmTopics {
		if strings.Contains(topic, ":sns:"+s.region+":") { // An alarm reaches topics of its own region.
			topics = append(topics, topic)
		}
	}
	if len(topics) > 0 {
		forProvider["alarmActions"], forProvider["okActions"] = topics, append([]any{}, topics...)
	}
	d.add(s.key("alarm-"+name), d.alarm, forProvider).in(s.region).external(shorten(s.identifier+"-database-"+name, limitAlarm))
}
