package pdf

import "github.com/tetratelabs/wazero/experimental"

// memory gives PDFium its linear memory from one buffer, kept for the life of the process, and
// refuses more than its limit.
//
// The buffer is reserved whole at the first document: the system hands over pages only as they
// are touched, so growing costs neither a copy nor twice the memory, which the default allocator does.
type memory struct {
	limit   uint64
	buffer  []byte
	used    uint64 // bytes the running or last instance reached
	taken   bool
	refused bool    // the last instance asked for more than the limit: what failed, failed for that
	last    *linear // the memory made last
}

// current is the memory of the running instance.
func (m *memory) current() []byte { return m.last.own[:m.last.size] }

// Allocate makes the memory of one instance. It is called by the runtime.
func (m *memory) Allocate(_, _ uint64) experimental.LinearMemory {
	switch {
	case m.taken:
		// Two instances at once do not happen in a child; a plain slice keeps it correct if they do.
		m.last = &linear{own: make([]byte, m.limit), memory: m}
		return m.last
	case m.buffer == nil:
		m.buffer = make([]byte, m.limit)
	default:
		clear(m.buffer[:m.used])
	}
	m.taken, m.used, m.refused = true, 0, false
	m.last = &linear{own: m.buffer, memory: m, shared: true}
	return m.last
}

// linear is the memory of one instance.
type linear struct {
	own    []byte
	size   uint64 // bytes given so far
	memory *memory
	shared bool
}

// Reallocate gives the first size bytes; nil when they pass the limit.
func (l *linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.own)) {
		l.memory.refused = true
		return nil
	}
	l.size = max(l.size, size)
	if l.shared {
		l.memory.used = max(l.memory.used, size)
	}
	return l.own[:size:size]
}

// Free hands the buffer back for the next instance.
func (l *linear) Free() {
	if l.shared {
		l.memory.taken = false
	}
	l.own, l.size = nil, 0
}
