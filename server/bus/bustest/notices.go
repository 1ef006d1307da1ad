package bustest

import (
	"context"
	"errors"
	"fmt"

	"github.com/karezflow/karez/server/bus"
)

func notices(s *suite) {
	b := s.start(bus.Limits{})
	heard := map[string]chan string{}
	for _, topic := range []string{"run.17.progress", "run.17.>", "run.>", "run.1.>", "cache"} {
		c := make(chan string, 100)
		heard[topic] = c
		if err := b.Listen(s.Context(), topic, func(n bus.Notice) { c <- n.Topic + "=" + string(n.Data) }); err != nil {
			s.Fatal(err)
		}
	}
	second := make(chan string, 100)
	if err := b.Listen(s.Context(), "cache", func(n bus.Notice) { second <- n.Topic + "=" + string(n.Data) }); err != nil {
		s.Fatal(err)
	}
	announce := func(topic, text string) {
		s.Helper()
		data := []byte(text)
		if err := b.Announce(s.Context(), bus.Notice{Topic: topic, Data: data}); err != nil {
			s.Fatalf("Announce: %v", err)
		}
		clear(data) // the buffer is the announcer's again
	}
	for i := range 20 {
		announce("run.17.progress", fmt.Sprint(i))
	}
	announce("run.17.cancel", "")
	announce("run", "nobody")
	announce("cache", "codes")
	for i := range 20 {
		want := fmt.Sprintf("run.17.progress=%d", i)
		for _, topic := range []string{"run.17.progress", "run.17.>", "run.>"} {
			if got := next(s, heard[topic], "a notice is missing"); got != want {
				s.Errorf("%s heard %s, want %s", topic, got, want)
			}
		}
	}
	for _, topic := range []string{"run.17.>", "run.>"} {
		if got := next(s, heard[topic], "a notice is missing"); got != "run.17.cancel=" {
			s.Errorf("%s heard %s", topic, got)
		}
	}
	for _, c := range []chan string{heard["cache"], second} {
		if got := next(s, c, "a notice is missing"); got != "cache=codes" {
			s.Errorf("cache heard %s", got)
		}
	}
	for topic, c := range heard {
		if len(c) > 0 {
			s.Errorf("%s heard %s", topic, <-c)
		}
	}
}

func listenersLeave(s *suite) {
	b := s.start(bus.Limits{})
	ctx, cancel := context.WithCancel(s.Context())
	first, second := make(chan string, 10), make(chan string, 10)
	if err := b.Listen(ctx, "a.b", func(n bus.Notice) { first <- string(n.Data) }); err != nil {
		s.Fatal(err)
	}
	if err := b.Listen(s.Context(), "a.b", func(n bus.Notice) { second <- string(n.Data) }); err != nil {
		s.Fatal(err)
	}
	announce := func(text string) {
		if err := b.Announce(s.Context(), bus.Notice{Topic: "a.b", Data: []byte(text)}); err != nil {
			s.Fatal(err)
		}
		next(s, second, "a notice is missing")
	}
	announce("1")
	next(s, first, "a notice is missing")
	cancel()
	announce("2")
	announce("3")
	if len(first) > 0 {
		s.Errorf("a listener that left heard %s", <-first)
	}
}

func stuckListener(s *suite) {
	b := s.start(bus.Limits{})
	gate, lively := make(chan struct{}), make(chan string, 10_000)
	defer close(gate)
	if err := b.Listen(s.Context(), "a", func(bus.Notice) { <-gate }); err != nil {
		s.Fatal(err)
	}
	if err := b.Listen(s.Context(), "a", func(n bus.Notice) { lively <- string(n.Data) }); err != nil {
		s.Fatal(err)
	}
	for i := range 3000 {
		if err := b.Announce(s.Context(), bus.Notice{Topic: "a", Data: fmt.Append(nil, i)}); err != nil {
			s.Fatal(err)
		}
		if i%500 == 499 { // the lively one keeps up
			for got := ""; got != fmt.Sprint(i); {
				got = next(s, lively, "a notice is missing")
			}
		}
	}
}

func topics(s *suite) {
	b := s.start(bus.Limits{})
	for _, topic := range []string{"", ".", "a.", ".a", "a..b", "a b", "a.*", ">", "*", "a.>.b", "a>", "run.\r\n", "单据"} {
		if err := b.Announce(s.Context(), bus.Notice{Topic: topic}); !errors.Is(err, bus.ErrTopic) {
			s.Errorf("Announce on %q: %v", topic, err)
		}
		if err := b.Listen(s.Context(), topic, func(bus.Notice) {}); !errors.Is(err, bus.ErrTopic) {
			s.Errorf("Listen to %q: %v", topic, err)
		}
	}
	if err := b.Announce(s.Context(), bus.Notice{Topic: "a.>"}); !errors.Is(err, bus.ErrTopic) {
		s.Errorf("Announce to a pattern: %v", err)
	}
	if err := b.Announce(s.Context(), bus.Notice{Topic: "a", Data: make([]byte, 513<<10)}); err == nil {
		s.Error("a notice that is too large passed")
	}
}
