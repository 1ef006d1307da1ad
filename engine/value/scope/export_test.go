package scope

// Buffers counts the buffers a scope keeps for mappings.
func (s *Scope) Buffers() int { return len(s.picked) }
