package pdf

import "github.com/tetratelabs/wazero/experimental"

// memory gives PDFium its linear memory from one buffer, kept for the life of the process.
//
// The buffer is reserved whole at the first document: the system hands over pages only as they
// are touched, so growing costs neither a copy nor twice the memory, which the default allocator does.
type memory struct {
	buffer []byte
	used   uint64 // bytes the running or last instance reached
	taken  bool
}

// Allocate makes the memory of one instance. It is called by the runtime.
func (m *memory) Allocate(_, limit uint64) experimental.LinearMemory {
	if m.taken {
		// Two instances at once do not happen in a child; a plain slice keeps it correct if they do.
		return &linear{own: make([]byte, limit)}
	}
	if uint64(len(m.buffer)) < limit {
		m.buffer = make([]byte, limit)
	} else {
		clear(m.buffer[:m.used])
	}
	m.taken, m.used = true, 0
	return &linear{own: m.buffer, shared: m}
}

// full reports that the last instance came near its limit: what failed then, failed for memory.
func (m *memory) full() bool { return m.used > 0 && m.used >= uint64(len(m.buffer))/10*8 }

// linear is the memory of one instance.
type linear struct {
	own    []byte
	shared *memory
}

// Reallocate gives the first size bytes; nil when they pass the limit.
func (l *linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.own)) {
		return nil
	}
	if l.shared != nil {
		l.shared.used = max(l.shared.used, size)
	}
	return l.own[:size:size]
}

// Free hands the buffer back for the next instance.
func (l *linear) Free() {
	if l.shared != nil {
		l.shared.taken = false
	}
	l.own = nil
}
