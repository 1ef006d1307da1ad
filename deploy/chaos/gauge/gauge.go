// Package gauge reads how much the processes under test take – memory, open files,
// goroutines – and tells whether it grows.
//
// It may import the standard library only.
package gauge

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is what to read: a process, and the file in which it tells its goroutines, "" for none.
type Process struct {
	Name       string
	PID        int
	Goroutines string
}

// What is measured.
const (
	Memory     = "memory MiB"
	Files      = "open files"
	Goroutines = "goroutines"
)

// point is one reading.
type point struct{ at, value float64 }

// series names what was measured of whom.
type series struct{ process, what string }

// Log keeps readings.
type Log struct {
	mu     sync.Mutex
	points map[series][]point
	first  time.Time
}

// Read reads the processes at a moment. Processes of one name are added up.
func (l *Log) Read(now time.Time, processes []Process) {
	sums := map[series]float64{}
	for _, p := range processes {
		memory, files, ok := of(p.PID)
		if !ok {
			continue // it has gone
		}
		sums[series{p.Name, Memory}] += memory
		sums[series{p.Name, Files}] += files
		if p.Goroutines == "" {
			continue
		}
		if text, err := os.ReadFile(p.Goroutines); err == nil {
			if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
				sums[series{p.Name, Goroutines}] += float64(n)
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.points == nil {
		l.points, l.first = map[series][]point{}, now
	}
	for s, value := range sums {
		l.points[s] = append(l.points[s], point{now.Sub(l.first).Seconds(), value})
	}
}

// of reads a process's resident memory without what it shares, in MiB, and its open files.
func of(pid int) (memory, files float64, ok bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status")) //nolint:gosec // a file of the process table
	if err != nil {
		return 0, 0, false
	}
	_, rest, found := strings.Cut(string(status), "\nRssAnon:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, 0, false // it has ended
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0, 0, false
	}
	open, err := os.ReadDir(filepath.Join(dir, "fd"))
	return kib / 1024, float64(len(open)), err == nil
}

// Trend is how something went over the time it was measured, its warm-up left out.
type Trend struct {
	Process string `json:"process"`
	What    string `json:"what"`
	Samples int    `json:"samples"`
	// Middle is the median; Hourly is how much an hour adds.
	Middle float64 `json:"median"`
	Hourly float64 `json:"slopeAnHour"`
	// Grown is how much the time that was measured added by that slope.
	Grown float64 `json:"grown"`
	// Bound is what it may add.
	Bound float64 `json:"bound"`
}

// Leaks reports whether it grew more than it may.
func (t Trend) Leaks() bool { return t.Samples >= least && t.Grown > t.Bound }

// String gives a trend on one line.
func (t Trend) String() string {
	return fmt.Sprintf("%s of %s: median %.0f, %+.1f in the time measured (%+.0f an hour), at most %.0f", t.What, t.Process, t.Middle, t.Grown, t.Hourly, t.Bound)
}

// least is how many readings a slope takes.
const least = 20

// bound is what may be added: generous, for what is looked for adds up with every call.
func bound(what string, middle float64) float64 {
	switch what {
	case Memory:
		return max(64, middle/2)
	default:
		return max(40, middle/2)
	}
}

// Trends fits what was read. The first third is warm-up.
func (l *Log) Trends() []Trend {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Trend
	for s, points := range l.points {
		last := points[len(points)-1].at
		kept := slices.DeleteFunc(slices.Clone(points), func(p point) bool { return p.at < last/3 })
		slope := slopeOf(kept)
		values := make([]float64, len(kept))
		for i, p := range kept {
			values[i] = p.value
		}
		middle := median(values)
		all = append(all, Trend{
			Process: s.process, What: s.what, Samples: len(kept), Middle: round(middle), Hourly: round(slope * 3600),
			Grown: round(slope * (kept[len(kept)-1].at - kept[0].at)), Bound: round(bound(s.what, middle)),
		})
	}
	slices.SortFunc(all, func(a, b Trend) int {
		return cmp.Or(strings.Compare(a.Process, b.Process), strings.Compare(a.What, b.What))
	})
	return all
}

// slopeOf is the median of the slopes between all pairs (Theil and Sen): a garbage
// collection or a restart now and then does not bend it.
func slopeOf(points []point) float64 {
	step := max(len(points)/400, 1) // all pairs of 400 are enough
	var slopes []float64
	for i := 0; i < len(points); i += step {
		for j := i + step; j < len(points); j += step {
			if along := points[j].at - points[i].at; along > 0 {
				slopes = append(slopes, (points[j].value-points[i].value)/along)
			}
		}
	}
	return median(slopes)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func round(x float64) float64 { return math.Round(x*10) / 10 }
