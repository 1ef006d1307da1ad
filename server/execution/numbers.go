package execution

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// Numbers is the trigger of runs that fetch documents by their numbers.
const Numbers = "numbers"

// MaxNumbers is the most documents that a run fetches by number, MaxNumber the most
// characters of a number.
const (
	MaxNumbers = 200
	MaxNumber  = 100
)

// NumbersError refuses numbers. Its fault is "pull.numbers_invalid".
type NumbersError struct {
	// Problems tell what is wrong with which number; a path is numbers or numbers[3].
	Problems []flow.Problem
}

// Error implements error.
func (e *NumbersError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the fault.
func (e *NumbersError) Unwrap() error {
	return fault.New("pull.numbers_invalid", "these are no numbers that documents can be fetched by").At("numbers").Classed(fault.Data).
		Hinted("correct what is listed")
}

// ListProblems gives the problems.
func (e *NumbersError) ListProblems() []flow.Problem { return e.Problems }

// PullNumbers puts a run of a flow's published version into the queue that fetches
// the documents with these numbers and nothing else; the flow need not be enabled.
// Every source of the flow that can select by number is asked; where none can, it is
// "source.by_number_not_offered". Numbers are trimmed, and said once each. It is a
// *NumbersError where they can't be asked for, and "flow.not_published" as Trigger's.
func (s *Service) PullNumbers(ctx context.Context, flowID string, numbers []string) (ledger.ID, error) {
	f, err := s.runnable(ctx, flowID, Numbers)
	if err != nil {
		return 0, err
	}
	if numbers, err = asked(numbers); err != nil {
		return 0, err
	}
	compiled, err := s.Plans.Plan(ctx, f.Published)
	if err != nil {
		return 0, err
	}
	if _, err := selecting(compiled); err != nil {
		return 0, err
	}
	run := ledger.Run{
		Workspace: f.Workspace, Flow: f.ID, Version: f.Published, Trigger: Numbers, FireAt: s.now(), State: ledger.RunQueued, TraceID: newTrace(), Numbers: numbers,
	}
	for {
		opened, created, err := s.Store.OpenRun(ctx, run, s.now())
		if err != nil {
			return 0, err
		}
		if created {
			s.Events.Run(ctx, opened, f.PublicID)
			return opened.ID, nil
		}
		run.FireAt++ // somebody asked in this very millisecond, and for other numbers
	}
}

// asked gives the numbers trimmed and once each, in their order.
func asked(numbers []string) ([]string, error) {
	var out []string
	var problems []flow.Problem
	seen := map[string]bool{}
	report := func(path string, f *fault.Fault) {
		problems = append(problems, flow.ProblemOf(f.Classed(fault.Data), path))
	}
	for i, number := range numbers {
		number = strings.TrimSpace(number)
		path := "numbers[" + strconv.Itoa(i) + "]"
		switch {
		case number == "":
			report(path, fault.New("pull.number_empty", "the number is empty"))
		case utf8.RuneCountInString(number) > MaxNumber:
			report(path, fault.New("pull.number_too_long", "a number has at most %d characters", MaxNumber))
		case strings.ContainsFunc(number, func(r rune) bool { return r == ',' || unicode.IsControl(r) || r == utf8.RuneError }):
			report(path, fault.New("pull.number_invalid", "a number has neither commas nor line breaks").Hinted("give each number by itself"))
		case !seen[number]:
			out, seen[number] = append(out, number), true
		}
		if len(problems) == 20 {
			break // who sends so many sees what is wrong
		}
	}
	switch {
	case len(numbers) == 0:
		report("numbers", fault.New("pull.numbers_missing", "no number is given").Hinted("give the numbers of the documents to fetch"))
	case len(out) > MaxNumbers:
		report("numbers", fault.New("pull.numbers_too_many", "there are %d numbers; at most %d are fetched at a time", len(out), MaxNumbers).
			Hinted("fetch them in several goes"))
	}
	if len(problems) > 0 {
		return nil, &NumbersError{problems}
	}
	return out, nil
}

// selecting gives the sources of a flow that can be asked by number. The fault is
// that of the first source where none can.
func selecting(compiled *plan.Plan) ([]*plan.Source, error) {
	var sources []*plan.Source
	var refused *fault.Fault
	for _, source := range compiled.Sources {
		switch f := source.NoNumbers(); {
		case f == nil:
			sources = append(sources, source)
		case refused == nil:
			refused = f
		}
	}
	switch {
	case len(sources) > 0:
		return sources, nil
	case refused != nil:
		return nil, refused
	default:
		return nil, fault.New("flow.no_source", "the flow has no source").Classed(fault.Config)
	}
}

// readNumbers fetches what a run asks for by number, and notes what no source had.
func (s *Service) readNumbers(ctx context.Context, run ledger.Run, compiled *plan.Plan, by reader) error {
	sources, err := selecting(compiled)
	if err != nil {
		return err
	}
	missed := make([][]string, len(sources))
	var group errgroup.Group
	for i, source := range sources {
		group.Go(func() error {
			job, err := s.job(ctx, run, compiled, source, by)
			if err == nil {
				missed[i], err = s.Puller.Numbers(ctx, job, run.Numbers)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.Store.SetMissing(ctx, run.ID, slices.DeleteFunc(slices.Clone(run.Numbers), func(number string) bool {
		return slices.ContainsFunc(missed, func(of []string) bool { return !slices.Contains(of, number) })
	}))
}
