package rules_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/pagetest"
)

// words are what a language calls the states of deliveries and what happens to them.
type words struct {
	file, title, head, any, or string
	columns                    [2]string
	states                     map[string][2]string
	events                     map[string]string
}

func chinese() words {
	return words{
		file: "deliveries.zh.md", title: "# 写入任务状态的变化 {#delivery-states}", any: "任何状态", or: "、",
		head: "一张单据对一个目标的一次写入是一个写入任务，有自己的状态。状态只按第二张表变化，表里没有的变化不会写入台账。" +
			"单据自己的状态见[单据状态的变化](/help/document-states)，多久重试一次见[自动重试](/help/retries)。",
		columns: [2]string{"| 状态 | 含义 |", "| 发生什么 | 从 | 到 |"},
		states: map[string][2]string{
			"none": {"（新）", ""}, "pending": {"待写入", "有人要求按记录的内容再写一次，还没有发出"}, "sending": {"写入中", "内容已记下，请求正要发出或已发出；进程此时中断，按结果未知处理"},
			"done": {"已写入", "目标系统里有这张单据"}, "rejected": {"失败", "目标系统没有接受，要先修正"}, "retry_at": {"等待重试", "目标系统没有接受，到时间自动再试；或者已保存，后面的步骤还没做完"},
			"unknown": {"结果未知", "应答丢失，到时间去目标系统查证"}, "needs_decision": {"待人工确认", "是否写入只有人能查清，或主键被别的单据占用"},
		},
		events: map[string]string{
			"sent": "内容记下，发往目标系统", "key_taken": "主键属于另一张单据，不发送", "written": "目标系统写入成功，或查证到已写入", "refused": "目标系统拒绝",
			"delayed": "目标系统现在不接受，稍后再试", "lost": "没有应答，或查证还没有结论", "undecided": "查证不清，交给人确认", "ordered": "有人点“重发”",
			"asked_again": "有人点“重试”：再去目标系统查证一次", "dropped": "有人点“重试”“编辑”或“跳过”，按没有写入处理", "accepted": "有人确认目标系统里已有", "gone": "对账发现目标系统里没有了，有人点“补传”",
		},
	}
}

func english() words {
	return words{
		file: "deliveries.en.md", title: "# How deliveries change their state {#delivery-states}", any: "any state", or: ", ",
		head: "One write of a document to one target is a delivery and has a state of its own. The state changes by the second table only; a change that the table does not have is not written. " +
			"For the document's own state see [how documents change their state](/help/document-states), for the pauses between tries [automatic retries](/help/retries).",
		columns: [2]string{"| State | Means |", "| what happens | from | to |"},
		states: map[string][2]string{
			"none": {"(new)", ""}, "pending": {"pending", "a person ordered the body on record to be written again, and it has not left yet"},
			"sending": {"sending", "the body is recorded and the call about to leave, or gone; when the process dies now, the outcome counts as unknown"},
			"done":    {"delivered", "the target holds the document"}, "rejected": {"failed", "the target did not take it, something has to be mended first"},
			"retry_at": {"to be retried", "the target did not take it and is tried again by itself; or it was saved and has steps to go"},
			"unknown":  {"outcome unknown", "the answer was lost; the target is looked at when it is time"}, "needs_decision": {"needs a decision", "only a person can find out whether it was written, or another document owns the key"},
		},
		events: map[string]string{
			"sent": "the body is recorded and sent to the target", "key_taken": "the key belongs to another document, nothing is sent", "written": "the target took it, or a look-up found it", "refused": "the target refused it",
			"delayed": "the target does not take it now, it is tried again later", "lost": "no answer came, or the look-up has no result yet", "undecided": "the look-up could not tell, a person is asked", "ordered": "a person resends it",
			"asked_again": "a person retries it: the target is looked at once more", "dropped": "a person retries, edits or skips it: it counts as not written", "accepted": "a person found it in the target", "gone": "a comparison found it gone from the target, a person has it written again",
		},
	}
}

// page renders the states and the table of transitions.
func (w words) page(t *testing.T) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n|---|---|\n", w.title, w.head, w.columns[0])
	all := deliveryStates()
	for _, s := range all[1:] {
		if w.states[s.String()][1] == "" {
			t.Errorf("%s does not tell what %s means", w.file, s)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", w.states[s.String()][0], w.states[s.String()][1])
	}
	fmt.Fprintf(&b, "\n%s\n|---|---|---|\n", w.columns[1])
	for _, line := range rules.Transitions() {
		if w.events[line.Event.String()] == "" {
			t.Errorf("%s has no name for %s", w.file, line.Event)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", w.events[line.Event.String()], w.from(line.From, all), w.states[line.To.String()][0])
	}
	return b.Bytes()
}

func (w words) from(from, all []ledger.DeliveryState) string {
	if slices.Equal(slices.Sorted(slices.Values(from)), all) {
		return w.any
	}
	names := make([]string, len(from))
	for i, s := range from {
		names[i] = w.states[s.String()][0]
	}
	return strings.Join(names, w.or)
}

// TestPages keeps the pages that people read equal to the table.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, w := range []words{chinese(), english()} {
		pagetest.Equal(t, w.file, w.page(t), *update)
	}
}
