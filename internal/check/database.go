package check

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// database checks an environment's database.
func database(r *report, e *schema.Environment) {
	d := e.Database
	databasePlace(r, e)
	capacity(r, e)
	databaseWindows(r, e)
	if id := e.DatabaseIdentifier(); strings.Contains(id, "--") {
		r.error(e, "project", fmt.Sprintf("the database would be called %s, and RDS takes no two dashes in a row", id))
	}
	if word, reserved := reservedWord(d.Name); reserved {
		r.error(e, "database.name", fmt.Sprintf("%q is a reserved word of PostgreSQL", word), "name it after the application, such as app or orders")
	}
	if word, reserved := reservedWord(d.MasterUsername); reserved {
		r.error(e, "database.masterUsername", fmt.Sprintf("%q is a reserved word of PostgreSQL or RDS", word), "such as dbadmin")
	}
	for i, topic := range d.AlarmTopics {
		region := strings.Split(topic, ":")[3] // The contract's pattern has six parts.
		if region != e.Region && (d.Replica == nil || region != d.Replica.Region) {
			r.error(e, fmt.Sprintf("database.alarmTopics[%d]", i),
				fmt.Sprintf("the topic is in %s, and alarms reach only topics of their own region, %s", region, e.Region))
		}
	}
	if e.Stage == schema.StageProd && !d.DeletionProtection {
		r.warning(e, "database-deletion-protection-off", "database.deletionProtection", "prod's database can be deleted: AWS would not refuse")
	}
	if e.Cluster == nil {
		r.warning(e, "database-unreachable", "database", "the environment has no cluster, so nobody can reach the database: only nodes are let in")
	}
	replica(r, e)
}

// databasePlace checks that there is somewhere for the database to be.
func databasePlace(r *report, e *schema.Environment) {
	if e.Network == nil {
		r.error(e, "database", "the database has no network to run in", "give the environment network: cidr: \"...\"")
		return
	}
	tiers, err := e.TierSubnets()
	if err != nil || len(tiers.PrivateData) > 0 {
		return // Problems of the network are reported with the network.
	}
	p := r.error(e, "database", "the network has no private data subnets, and a database goes nowhere else",
		"give network.subnets.privateData one range for each zone, or leave network.subnets out")
	p.Related = []problem.Related{r.related(e, "network.subnets", "the subnets are given here")}
}

// capacity checks what CUE has no words for: steps, the order of the two, and where a database may pause.
func capacity(r *report, e *schema.Environment) {
	const smallest, largest, step = "database.minCapacityACU", "database.maxCapacityACU", 0.5
	d := e.Database
	for field, acu := range map[string]float64{smallest: d.MinCapacityACU, largest: d.MaxCapacityACU} {
		if math.Mod(acu, step) != 0 {
			below := math.Floor(acu/step) * step
			r.error(e, field, fmt.Sprintf("%v is not allowed: capacity comes in steps of 0.5 ACU", acu), fmt.Sprintf("the nearest are %v and %v", below, below+step))
		}
	}
	if d.MinCapacityACU > d.MaxCapacityACU {
		p := r.error(e, smallest, fmt.Sprintf("%v is more than maxCapacityACU, which is %v", d.MinCapacityACU, d.MaxCapacityACU))
		if r.config.Own(e.Name, largest) {
			p.Related = []problem.Related{r.related(e, largest, "maxCapacityACU is set here")}
		}
	}
	switch {
	case d.MinCapacityACU > 0:
	case e.Stage == schema.StageProd:
		r.error(e, smallest, "0 pauses the database when nobody uses it, and the first query after that waits some 15 seconds: not in prod",
			"0.5 is the smallest in prod")
	case d.Replica != nil:
		r.error(e, smallest, "0 pauses the database when nobody uses it, and one with a replica is never paused", "0.5 is the smallest with a replica")
	}
}

// minutesOfDay is the length of a day.
const minutesOfDay = 24 * 60

// span is a time of the week in minutes from Monday 00:00; it may run over the end of the week.
type span struct{ start, minutes int }

// dailyWindow reads hh:mm-hh:mm as minutes of the day.
func dailyWindow(text string) span {
	from, to, _ := strings.Cut(text, "-")
	start, end := minutes(from), minutes(to)
	return span{start: start, minutes: (end - start + minutesOfDay) % minutesOfDay}
}

// weeklyWindow reads ddd:hh:mm-ddd:hh:mm.
func weeklyWindow(text string) span {
	const week = 7 * minutesOfDay
	from, to, _ := strings.Cut(text, "-")
	start, end := minutesOfWeek(from), minutesOfWeek(to)
	return span{start: start, minutes: (end - start + week) % week}
}

func minutesOfWeek(text string) int {
	day, clock, _ := strings.Cut(text, ":")
	return slices.Index([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, day)*minutesOfDay + minutes(clock)
}

func minutes(clock string) int {
	hour, minute, _ := strings.Cut(clock, ":")
	h, errHour := strconv.Atoi(hour)
	m, errMinute := strconv.Atoi(minute)
	if errHour != nil || errMinute != nil {
		return 0 // The contract's patterns let only digits through.
	}
	return h*60 + m
}

// databaseWindows checks the windows for backups and maintenance as RDS does: half an hour at least, and never at the same time.
func databaseWindows(r *report, e *schema.Environment) {
	const least = 30
	const backupField, maintenanceField = "database.backup.window", "database.maintenanceWindow"
	backup, maintenance := dailyWindow(e.Database.Backup.Window), weeklyWindow(e.Database.MaintenanceWindow)
	for _, w := range []struct {
		field, text string
		span        span
	}{{backupField, e.Database.Backup.Window, backup}, {maintenanceField, e.Database.MaintenanceWindow, maintenance}} {
		if w.span.minutes < least {
			r.error(e, w.field, fmt.Sprintf("%s lasts %d minutes: allowed are at least %d", w.text, w.span.minutes, least))
		}
	}
	if maintenance.minutes > minutesOfDay {
		r.error(e, maintenanceField, e.Database.MaintenanceWindow+" lasts longer than a day: allowed is at most a day")
		return
	}
	// The backup is made every day, so the maintenance is compared with those of the day before, its own and the day after.
	start := maintenance.start % minutesOfDay
	for _, day := range []int{-minutesOfDay, 0, minutesOfDay} {
		if from := backup.start + day; from < start+maintenance.minutes && start < from+backup.minutes {
			p := r.error(e, maintenanceField, fmt.Sprintf("%s overlaps the daily backup at %s", e.Database.MaintenanceWindow, e.Database.Backup.Window),
				"RDS wants them apart: move one of them")
			p.Related = []problem.Related{r.related(e, backupField, "the backup is made then")}
			return
		}
	}
}

// replica checks the copy in another region. Its range takes part in the comparison of all ranges.
func replica(r *report, e *schema.Environment) {
	copied := e.Database.Replica
	if copied == nil {
		return
	}
	if copied.Region == e.Region {
		p := r.error(e, "database.replica.region", copied.Region+" is the environment's own region: a replica there would fail with it",
			"for instances in several zones of the region, set database.instances")
		p.Related = []problem.Related{r.related(e, "region", "the environment's region is set here")}
	}
	if schema.Partition(copied.Region) != e.Partition() {
		r.error(e, "database.replica.region", copied.Region+" is in another partition of AWS than "+e.Region)
	}
	prefix, ok := aligned(r, e, "database.replica.cidr", copied.CIDR)
	if !ok {
		return
	}
	if !within(private(), prefix) {
		r.error(e, "database.replica.cidr", copied.CIDR+" is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10")
	}
	const smallest = 25 // Its eighths are the smallest subnets there are.
	if prefix.Bits() > smallest {
		r.error(e, "database.replica.cidr", fmt.Sprintf("%s is too small for a subnet in each zone: allowed is /16 to /%d", copied.CIDR, smallest))
	}
}

// replicaBlocks are the ranges of replicas.
func replicaBlocks(c *schema.Config) []block {
	var blocks []block
	for _, e := range c.Environments {
		if e.Database == nil || e.Database.Replica == nil {
			continue
		}
		if prefix, err := netip.ParsePrefix(e.Database.Replica.CIDR); err == nil {
			blocks = append(blocks, block{environment: e, prefix: prefix.Masked(), field: "database.replica.cidr", cidr: e.Database.Replica.CIDR, of: "replica of "})
		}
	}
	return blocks
}

// reservedWord tells whether PostgreSQL reserves a name (PostgreSQL: SQL key words, reserved), or RDS does. Written without quotes, such a name
// is a syntax error.
func reservedWord(name string) (string, bool) {
	words := strings.Fields("all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column " +
		"concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user " +
		"default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner " +
		"intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order " +
		"outer overlaps placing primary references returning right select session_user similar some symmetric system_user table tablesample then to " +
		"trailing true union unique user using variadic verbose when where window with " +
		"admin postgres public rdsadmin rds_iam rds_superuser template0 template1")
	return name, slices.Contains(words, name)
}
