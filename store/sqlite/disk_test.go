//go:build linux

package sqlite

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// disk stands between SQLite and the files of one folder. Every call but a sync goes through; it notes which bytes
// were synced and which were only written, so that it can tell what a power loss would leave. The index of the log
// (-shm) is memory and does not outlive the machine; SQLite's temporary files are nobody's either.
type disk struct {
	dir string

	mu      sync.Mutex
	r       *rand.Rand
	now     map[string]*inode   // names as the process sees them
	durable map[string]*inode   // names as of the last sync of the folder
	later   map[string][]*inode // changes of each name since then, in order; nil deletes it
	calls   int                 // that change something
	lossAt  int                 // the call at which the power goes
	onLoss  func()              // is called then, inside the call
	image   map[string][]byte   // what was left
}

// inode is one file.
type inode struct {
	synced  []byte
	later   []change // since the last sync
	entries bool     // its first sync syncs the folder too
}

// change is a write, or a truncation to size at where data is nil.
type change struct {
	at   int64
	data []byte
}

// handle is a file that SQLite has open.
type handle struct {
	*inode
	disk *disk
	is   *sqlite3.Tsqlite3_io_methods // those of the file system
}

// newDisk watches a folder until the test ends. The power goes at the lossAt-th call that changes something.
func newDisk(t testing.TB, dir string, r *rand.Rand, lossAt int, onLoss func()) *disk {
	t.Helper()
	d := &disk{dir: dir, r: r, lossAt: lossAt, onLoss: onLoss,
		now: map[string]*inode{}, durable: map[string]*inode{}, later: map[string][]*inode{}}
	shim.once.Do(shimRegister)
	shim.Lock()
	shim.disks[dir] = d
	shim.Unlock()
	t.Cleanup(func() {
		shim.Lock()
		delete(shim.disks, dir)
		shim.Unlock()
	})
	return d
}

// isLost reports whether the power is gone.
func (d *disk) isLost() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.image != nil
}

// called counts a call that changed something; d.mu is held.
func (d *disk) called() {
	if d.calls++; d.calls != d.lossAt {
		return
	}
	d.image = map[string][]byte{}
	for name, file := range d.names() {
		d.image[name] = file.left(d.r)
	}
	d.onLoss()
}

// names draws which of the changes of names happened that no sync made sure of: some first ones of each name.
func (d *disk) names() map[string]*inode {
	out := maps.Clone(d.durable)
	for _, name := range slices.Sorted(maps.Keys(d.later)) {
		list := d.later[name]
		if n := d.r.IntN(len(list) + 1); n > 0 {
			out[name] = list[n-1]
		}
		if out[name] == nil {
			delete(out, name)
		}
	}
	return out
}

// rename notes what a name stands for from now on; nil: nothing.
func (d *disk) rename(name string, file *inode) {
	d.later[name] = append(d.later[name], file)
	if d.now[name] = file; file == nil {
		delete(d.now, name)
	}
}

// syncNames makes all changes of names durable.
func (d *disk) syncNames() {
	for name, list := range d.later {
		if d.durable[name] = list[len(list)-1]; d.durable[name] == nil {
			delete(d.durable, name)
		}
	}
	clear(d.later)
}

func (f *inode) sync() {
	for _, c := range f.later {
		f.synced = c.apply(f.synced)
	}
	f.later = nil
}

// left draws what a power loss leaves of a file: what was synced, and of the changes since then either some first
// ones, the last of them torn, or any of them, each whole or torn.
func (f *inode) left(r *rand.Rand) []byte {
	out := slices.Clone(f.synced)
	if n := r.IntN(len(f.later) + 1); r.IntN(2) == 0 {
		for i, c := range f.later[:n] {
			if i == n-1 {
				out = c.torn(out, r)
			} else {
				out = c.apply(out)
			}
		}
		return out
	}
	for _, c := range f.later {
		switch r.IntN(4) {
		case 0, 1:
			out = c.apply(out)
		case 2:
			out = c.torn(out, r)
		}
	}
	return out
}

func (c change) apply(content []byte) []byte {
	if c.data == nil {
		return append(content[:min(c.at, int64(len(content)))], make([]byte, max(0, c.at-int64(len(content))))...)
	}
	if end := c.at + int64(len(c.data)); int64(len(content)) < end {
		content = append(content, make([]byte, end-int64(len(content)))...)
	}
	copy(content[c.at:], c.data)
	return content
}

// torn applies any of the sectors of a write.
func (c change) torn(content []byte, r *rand.Rand) []byte {
	if c.data == nil {
		return c.apply(content)
	}
	for start := c.at; start < c.at+int64(len(c.data)); {
		end := min((start/sector+1)*sector, c.at+int64(len(c.data)))
		if r.IntN(2) == 0 {
			content = change{start, c.data[start-c.at : end-c.at]}.apply(content)
		}
		start = end
	}
	return content
}

// shim is the file system that SQLite uses in this process once a disk was made: that of the machine, but for
// the calls that change files of a disk.
var shim struct {
	sync.RWMutex
	once    sync.Once
	machine uintptr // the file system of the machine
	is      sqlite3.Tsqlite3_vfs
	methods map[uintptr]uintptr // own ones, by those of the machine
	disks   map[string]*disk
}

func shimRegister() {
	tls := libc.NewTLS() // of the process: it is not closed
	shim.disks, shim.methods = map[string]*disk{}, map[uintptr]uintptr{}
	shim.machine = sqlite3.Xsqlite3_vfs_find(tls, 0)
	shim.is = *at[sqlite3.Tsqlite3_vfs](shim.machine)
	name, err := libc.CString("disk")
	if err != nil {
		panic(err)
	}
	own := shim.is
	own.FpNext, own.FzName = 0, name
	own.FxOpen, own.FxDelete = pointer(shimOpen), pointer(shimDelete)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, placed(tls, own), 1); rc != sqlite3.SQLITE_OK {
		panic(rc)
	}
}

// placed copies a value into SQLite's memory, for as long as the process lives.
func placed[T any](tls *libc.TLS, v T) uintptr {
	address := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(v)))
	if address == 0 {
		panic("no memory")
	}
	*at[T](address) = v
	return address
}

// at is what stands at an address of SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer makes a function, one that is no closure, callable by SQLite.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is the one at an address of SQLite's.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

// diskOf finds the disk that a file is on; nil: none.
func diskOf(name uintptr) (*disk, string) {
	if name == 0 {
		return nil, ""
	}
	path := libc.GoString(name)
	shim.RLock()
	defer shim.RUnlock()
	return shim.disks[filepath.Dir(path)], filepath.Base(path)
}

func shimOpen(tls *libc.TLS, _, zName, pFile uintptr, flags int32, pOut uintptr) int32 {
	d, name := diskOf(zName)
	var before fs.FileInfo
	if d != nil {
		before, _ = os.Stat(filepath.Join(d.dir, name)) // nil: it is not there
	}
	rc := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](shim.is.FxOpen)(tls, shim.machine, zName, pFile, flags, pOut)
	if rc != sqlite3.SQLITE_OK || d == nil || flags&sqlite3.SQLITE_OPEN_DELETEONCLOSE != 0 {
		return rc
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	file := d.now[name]
	if file == nil {
		file = &inode{entries: flags&(sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_MAIN_JOURNAL|sqlite3.SQLITE_OPEN_SUPER_JOURNAL) != 0}
		if before == nil || before.Size() == 0 { // made just now, here or by the store
			d.rename(name, file)
			d.called()
		} else {
			raw, err := os.ReadFile(filepath.Join(d.dir, name))
			if err != nil {
				panic(err)
			}
			file.synced, file.entries = raw, false
			d.now[name], d.durable[name] = file, file
		}
	}
	f := at[sqlite3.Tsqlite3_file](pFile)
	h := &handle{inode: file, disk: d, is: at[sqlite3.Tsqlite3_io_methods](f.FpMethods)}
	shim.Lock()
	defer shim.Unlock()
	own := shim.methods[f.FpMethods]
	if own == 0 {
		methods := *h.is
		methods.FxWrite, methods.FxTruncate = pointer(shimWrite), pointer(shimTruncate)
		methods.FxSync, methods.FxClose = pointer(shimSync), pointer(shimClose)
		own = placed(tls, methods)
		shim.methods[f.FpMethods] = own
	}
	f.FpMethods = own
	handles.Store(pFile, h)
	return rc
}

// handles are the open files of all disks, by their address.
var handles sync.Map

func handleOf(pFile uintptr) *handle {
	h, _ := handles.Load(pFile)
	return h.(*handle)
}

func shimClose(tls *libc.TLS, pFile uintptr) int32 {
	h := handleOf(pFile)
	handles.Delete(pFile)
	return function[func(*libc.TLS, uintptr) int32](h.is.FxClose)(tls, pFile)
}

func shimWrite(tls *libc.TLS, pFile, data uintptr, n int32, offset int64) int32 {
	h := handleOf(pFile)
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.later = append(h.later, change{offset, slices.Clone(unsafe.Slice(at[byte](data), n))})
	h.disk.called()
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](h.is.FxWrite)(tls, pFile, data, n, offset)
}

func shimTruncate(tls *libc.TLS, pFile uintptr, size int64) int32 {
	h := handleOf(pFile)
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.later = append(h.later, change{at: size})
	h.disk.called()
	return function[func(*libc.TLS, uintptr, int64) int32](h.is.FxTruncate)(tls, pFile, size)
}

// shimSync leaves the machine's own disk alone: that would take time and change nothing of what is noted.
func shimSync(_ *libc.TLS, pFile uintptr, _ int32) int32 {
	h := handleOf(pFile)
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.disk.called() // before it is done
	h.sync()
	if h.entries {
		h.disk.syncNames()
		h.entries = false
	}
	return sqlite3.SQLITE_OK
}

func shimDelete(tls *libc.TLS, _, zName uintptr, dirSync int32) int32 {
	d, name := diskOf(zName)
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	rc := function[func(*libc.TLS, uintptr, uintptr, int32) int32](shim.is.FxDelete)(tls, shim.machine, zName, dirSync)
	if d == nil || rc != sqlite3.SQLITE_OK || strings.HasSuffix(name, "-shm") {
		return rc
	}
	if d.now[name] != nil {
		d.rename(name, nil)
		d.called()
	}
	if dirSync&1 != 0 {
		d.syncNames()
	}
	return rc
}
