package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

// report is everything that was measured.
type report struct {
	Settings    string   `json:"settings"`
	Contestants []result `json:"contestants"`
	Large       []large  `json:"large,omitempty"`
}

// result is what was measured of one contestant, and its medians.
type result struct {
	Name string    `json:"name"`
	Runs []figures `json:"runs"`

	Rate float64 `json:"documentsPerSecond"`
	CPU  float64 `json:"cpuSecondsPer100k"`
	MiB  float64 `json:"peakMiB"`
	// TimesFirst is the median of the ratios of documents/s to those of the first contestant
	// in the same round; TimesCPU that of the processor time of a document.
	TimesFirst float64 `json:"timesFirst"`
	TimesCPU   float64 `json:"timesFirstCPU"`
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}

// each gives a figure of every run.
func (r result) each(figure func(figures) float64) []float64 {
	out := make([]float64, len(r.Runs))
	for i, f := range r.Runs {
		out[i] = figure(f)
	}
	return out
}

// summarize computes the medians.
func (r *report) summarize() {
	inTurn(r.Contestants)
	for i := range r.Large {
		l := &r.Large[i]
		inTurn(l.Pace)
		l.TimesEmpty, l.TimesCPU = l.Pace[1].TimesFirst, l.Pace[1].TimesCPU
	}
}

// inTurn computes the medians of contestants that ran in turn.
func inTurn(all []result) {
	for i := range all {
		c := &all[i]
		c.Rate, c.CPU = median(c.each(figures.rate)), median(c.each(figures.cpu))
		c.MiB = slices.Max(c.each(func(f figures) float64 { return f.MiB }))
		var rates, cpus []float64
		for n, first := range all[0].Runs {
			rates, cpus = append(rates, c.Runs[n].rate()/first.rate()), append(cpus, c.Runs[n].cpu()/first.cpu())
		}
		c.TimesFirst, c.TimesCPU = median(rates), median(cpus)
	}
}

func (r *report) print(w io.Writer, file string) error {
	r.summarize()
	p := &printer{to: w}
	p.printf("%s; %s, %d processors\n\n", r.Settings, runtime.Version(), runtime.NumCPU())
	p.table("limit", r.Contestants)
	for _, l := range r.Large {
		p.printf("\n")
		p.table("empty", l.Pace)
		p.printf("\n%s with %d documents: filled at %.0f documents/s, memory %.0f MiB in the second quarter, %.0f in the last, %.0f at most; "+
			"a search by the order's number takes %.1f ms (at most %.1f), by the bill's %.1f ms (at most %.1f)\n",
			l.Database, l.Documents, l.Filling.rate(), l.Early, l.Late, l.Filling.MiB, l.Source.Median, l.Source.Max, l.Target.Median, l.Target.Max)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	p.printf("\n%s\n", text)
	if file != "" {
		err = os.WriteFile(file, append(text, '\n'), 0o600)
	}
	return joined(p.err, err)
}

// printer writes and keeps the first error of its writer.
type printer struct {
	to  io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.to, format, args...)
	}
}

// table prints contestants that ran in turn.
func (p *printer) table(first string, all []result) {
	p.printf("| | documents/s | min–max | × %[1]s | CPU s/100k | min–max | × %[1]s | peak MiB | compared |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n", first)
	for _, c := range all {
		rates, cpus := c.each(figures.rate), c.each(figures.cpu)
		p.printf("| %s | %.0f | %.0f–%.0f | %.3f | %.2f | %.2f–%.2f | %.2f | %.0f | %d |\n", c.Name, c.Rate, slices.Min(rates), slices.Max(rates), c.TimesFirst,
			c.CPU, slices.Min(cpus), slices.Max(cpus), c.TimesCPU, c.MiB, c.Runs[0].Compared)
	}
}

func joined(errs ...error) error { return errors.Join(errs...) }
