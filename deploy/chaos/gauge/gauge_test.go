package gauge_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/chaos/gauge"
)

// readings has a process tell so many goroutines, a second apart.
func readings(t *testing.T, count func(second int) int) gauge.Trend {
	t.Helper()
	var log gauge.Log
	name, at := filepath.Join(t.TempDir(), "goroutines"), time.Unix(1_700_000_000, 0)
	for i := range 300 {
		if err := os.WriteFile(name, []byte(strconv.Itoa(count(i))), 0o600); err != nil {
			t.Fatal(err)
		}
		log.Read(at.Add(time.Duration(i)*time.Second), []gauge.Process{{Name: "engine", PID: os.Getpid(), Goroutines: name}})
	}
	for _, trend := range log.Trends() {
		if trend.What == gauge.Goroutines {
			return trend
		}
	}
	t.Fatal("goroutines were not read")
	return gauge.Trend{}
}

func TestWhatGrowsIsSeen(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		count func(int) int
		leaks bool
	}{
		"level":                      {func(int) int { return 80 }, false},
		"up and down":                {func(i int) int { return 80 + i%50 }, false},
		"up while it warms up":       {func(i int) int { return 80 + min(i, 80)*10 }, false},
		"restarts":                   {func(i int) int { return 80 - 79*(i%97/96) }, false},
		"one more every second":      {func(i int) int { return 80 + i }, true},
		"the same with big restarts": {func(i int) int { return 80 + i + 3000*(i%30/29) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if trend := readings(t, one.count); trend.Leaks() != one.leaks {
				t.Errorf("leaks: %v, %s", trend.Leaks(), trend)
			}
		})
	}
}

func TestASlopeIsThatOfAnHour(t *testing.T) {
	t.Parallel()
	trend := readings(t, func(i int) int { return 100 + 2*i })
	if trend.Hourly != 7200 || trend.Grown != 398 && trend.Grown != 400 || trend.Samples != 200 && trend.Samples != 201 {
		t.Errorf("%+v", trend)
	}
}

func TestMemoryAndFilesAreThoseOfTheProcess(t *testing.T) {
	t.Parallel()
	var log gauge.Log
	log.Read(time.Unix(0, 0), []gauge.Process{{Name: "me", PID: os.Getpid()}, {Name: "gone", PID: 1 << 30}})
	held := map[string]float64{}
	for _, trend := range log.Trends() {
		if trend.Process != "me" {
			t.Errorf("%+v", trend)
		}
		held[trend.What] = trend.Middle
	}
	if held[gauge.Memory] <= 0 || held[gauge.Files] < 3 {
		t.Errorf("%v", held)
	}
}
