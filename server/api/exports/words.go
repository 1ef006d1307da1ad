package exports

// states and marks are called as the console calls them, in Chinese and in English.
func states() map[string][2]string {
	return map[string][2]string{
		"waiting": {"待处理", "Waiting"}, "claimed": {"处理中", "In work"}, "held": {"待合并", "To be merged"}, "delivered": {"已写入", "Delivered"},
		"collected": {"已采集", "Collected"}, "filtered": {"已过滤", "Filtered out"}, "rejected": {"失败", "Failed"}, "retry_at": {"等待重试", "To be retried"},
		"unmapped": {"待映射", "Code missing"}, "needs_decision": {"待人工确认", "Needs a decision"}, "superseded": {"已被新版替代", "Superseded"},
		"skipped": {"已跳过", "Skipped"}, "ignored": {"已忽略", "Ignored"},
	}
}

func marks() map[string][2]string {
	return map[string][2]string{
		"uncertain": {"结果不确定", "Outcome uncertain"}, "warned": {"有警告", "With a warning"}, "errand_failing": {"后续调用失败", "A call afterwards failing"},
		"writeback_failing": {"回写失败", "Writeback failing"}, "handled": {"已由错误分支处理", "Handled by the error branch"},
	}
}

// named gives the words for a name, or the name.
func named(words map[string][2]string, name string) [2]string {
	if w, ok := words[name]; ok {
		return w
	}
	return [2]string{name, name}
}
