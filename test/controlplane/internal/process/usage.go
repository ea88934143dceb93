package process

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Usage is what a running process takes of the machine.
type Usage struct {
	Name string
	PID  int
	// Resident is its resident memory in bytes.
	Resident int64
	// CPU is the time that it has used since it was started, in user and kernel mode.
	CPU time.Duration
}

// Usages are those of all running processes.
func (g *Group) Usages() []Usage {
	g.mu.Lock()
	defer g.mu.Unlock()
	usages := make([]Usage, 0, len(g.running))
	for _, p := range g.running {
		usages = append(usages, UsageOf(p.Name, p.Pid()))
	}
	return usages
}

// UsageOf is what the process of an id takes; nothing if it has ended.
func UsageOf(name string, pid int) Usage {
	return Usage{Name: name, PID: pid, Resident: resident(pid), CPU: processor(pid)}
}

// tick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every architecture that Go runs on.
const tick = 10 * time.Millisecond

func processor(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return processorOf(string(text))
}

// processorOf reads the fields utime and stime (proc_pid_stat(5): 14 and 15). The name of the program, in brackets, may have spaces in it.
func processorOf(stat string) time.Duration {
	const utime, stime = 14 - 3, 15 - 3 // The third field is the first after the name.
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) <= stime {
		return 0
	}
	var user, kernel int64
	if _, err := fmt.Sscan(fields[utime]+" "+fields[stime], &user, &kernel); err != nil {
		return 0
	}
	return time.Duration(user+kernel) * tick
}
