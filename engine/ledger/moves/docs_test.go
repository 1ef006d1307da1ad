package moves_test

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/pagetest"
)

// words are what a language calls states and events.
type words struct {
	file, head, title, stays, or string
	states                       map[string]string
	events                       map[string]string
}

func chinese() words {
	return words{
		file: "states.zh.md", title: "# 单据状态的变化 {#document-states}", stays: "不变", or: "、",
		head: "每个版本的状态只按下表变化，表里没有的变化不会写入台账，会作为错误记入日志。“处理中”是有人正在处理的“待处理”。\n\n" +
			"一张单据有若干版本：一个正在走，更新的版本排在它后面。排队的版本显示它前面的版本走到了哪里。",
		states: map[string]string{
			"none": "（新）", "waiting": "待处理", "claimed": "处理中", "held": "待合并", "delivered": "已写入", "collected": "已采集", "filtered": "已过滤",
			"rejected": "失败", "retry_at": "等待重试", "unmapped": "待映射", "needs_decision": "待人工确认", "superseded": "已被新版替代", "skipped": "已跳过",
			"dropped": "已忽略", "replaced": "已被编辑替代",
		},
		events: map[string]string{
			"admit": "取到、上游交来或被推送", "refuse": "取到时没有可用的主键", "open": "一组合并开始", "compose": "合并成一张单据，或重新合并",
			"claim": "开始处理；处理者失联时由下一个接手", "hand_back": "没处理完，交还", "settle": "走完方案", "again": "走到一半情况变了，再走一次",
			"follow": "随所在的合并单据变化", "eject": "有人把它移出合并单据", "arrive": "缺少的编码或联查的单据到了", "retry": "有人点“重试”",
			"repeat": "有人重试：只重做回写或交接", "resend": "有人点“重发”", "restore": "对账发现目标系统里没有了，有人点“补传”", "edit": "有人编辑，编辑的版本代替它", "edited": "编辑的版本",
			"skip": "有人点“跳过”", "withdraw": "所在的时间段重新读取", "dissolve": "合并单据里没有单据了",
			"queue": "在途单据的新版本，排队", "queue_refused": "排队的新版本没有可用的主键", "trail": "前面的版本动了", "outrun": "更新的版本来排队",
			"drop": "前面的版本已写入，或读取作废", "promote": "前面的版本结束，轮到它", "promote_refused": "轮到一个没有主键的版本",
			"supersede": "没结束就被另一个版本代替", "archive": "结束后被另一个版本代替",
		},
	}
}

func english() words {
	states := map[string]string{"none": "(new)"}
	for s := ledger.Waiting; s <= moves.Claimed; s++ {
		states[moves.Name(s)] = strings.ReplaceAll(moves.Name(s), "_", " ")
	}
	return words{
		file: "states.en.md", title: "# How documents change their state {#document-states}", stays: "unchanged", or: ", ",
		head: "The state of a version changes by this table only. A change that the table does not have is not written; it is logged as an error. " +
			"\"Claimed\" is waiting while a worker is at it.\n\n" +
			"A document has several versions: one walks, newer ones queue behind it. A queued version shows where the one in front of it stands.",
		states: states,
		events: map[string]string{
			"admit": "read, handed over or posted", "refuse": "read without a usable key", "open": "a group begins", "compose": "a group becomes a bill, for the first time or anew",
			"claim": "a worker takes it; the next one takes over from one that is lost", "hand_back": "given back unfinished", "settle": "a walk ended",
			"again": "a walk was overtaken and is repeated", "follow": "its bill moved", "eject": "a person took it out of its bill",
			"arrive": "the missing code or document came", "retry": "a person retries", "repeat": "a person retries what is only a writeback or a hand-over",
			"resend": "a person resends", "restore": "a comparison found it gone from the target, a person has it written again", "edit": "a person's version takes its place", "edited": "the person's version", "skip": "a person skips it",
			"withdraw": "its window is read anew", "dissolve": "nobody is left in the bill",
			"queue": "a newer version of a document on its way", "queue_refused": "a newer version without a usable key", "trail": "the version in front moved",
			"outrun": "a newer one queues", "drop": "the one in front was delivered, or its reading withdrawn", "promote": "the one in front ended, its turn",
			"promote_refused": "the turn of a version without a key", "supersede": "another version takes its place before it ended", "archive": "another version takes its place after it ended",
		},
	}
}

func (w words) list(states []ledger.State) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = w.states[moves.Name(s)]
	}
	return strings.Join(names, w.or)
}

// page renders the table.
func (w words) page(t *testing.T, columns string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n|---|---|---|\n", w.title, w.head, columns)
	for _, e := range moves.Events() {
		title, known := w.events[e.String()]
		if !known {
			t.Errorf("%s has no name for the event %s", w.file, e)
		}
		to := w.list(e.To(e.From()[0]))
		if same(e) {
			to = w.stays
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", title, w.list(e.From()), to)
	}
	return b.Bytes()
}

// same reports whether an event leaves every state as it is.
func same(e moves.Event) bool {
	for _, from := range e.From() {
		if to := e.To(from); len(to) != 1 || to[0] != from {
			return false
		}
	}
	return true
}

var update = flag.Bool("update", false, "write the pages of the documentation")

// TestPages keeps the pages that people read equal to the table.
func TestPages(t *testing.T) {
	t.Parallel()
	for columns, w := range map[string]words{"| 发生什么 | 从 | 到 |": chinese(), "| what happens | from | to |": english()} {
		pagetest.Equal(t, w.file, w.page(t, columns), *update)
	}
}
