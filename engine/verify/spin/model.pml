/*
 * The abstract model of package model, written down a second time, from its
 * README.md alone. Sections and names are those of the README; a rule there is
 * an option of the loop here, and one d_step.
 *
 * Each task is a process that is always at the head of its loop, so that
 * processes add nothing to the state but the choice of t = _pid. What is
 * "hidden" is not part of the state: the parameters, which the first step reads
 * from the file "params", and scratch variables, which no step leaves to another.
 * What was violated and which rules were used is counted in C and printed at exit.
 */

#define INODES 2
#define PAGES  2
#define OPS    8	/* of a script, with its End */
#ifndef TASKS
#define TASKS  7
#endif

c_decl {
	static struct { const char *kind, *name; long n; } counters[256];
	static int ncounters;

	static void tell(void)
	{
		int c;
		for (c = 0; c < ncounters; c++)
			printf("%s %ld %s\n", counters[c].kind, counters[c].n, counters[c].name);
	}

	static void count(long **at, const char *kind, const char *name)
	{
		int c = 0;
		if (!*at) {
			while (c < ncounters && (strcmp(counters[c].kind, kind) || strcmp(counters[c].name, name)))
				c++;
			if (c == ncounters) {
				if (c == 256)
					abort();
				counters[c].kind = kind;
				counters[c].name = name;
				ncounters++;
			}
			*at = &counters[c].n;
		}
		++**at;
	}

	static int number;

	static void scan(void)
	{
		static FILE *f;
		if (!f) {
			f = fopen("params", "r");
			atexit(tell);
		}
		if (!f || fscanf(f, "%d", &number) != 1) {
			fprintf(stderr, "no number in the file params\n");
			exit(2);
		}
	}
}

#define RULE(name) c_code { static long *at; count(&at, "rule", name); }
#define BAD(name)  c_code { static long *at; count(&at, "violated", name); }
#define READ(to)   c_code { scan(); }; to = c_expr { number }

/* ---- 1. Parameters. The test takes the numbers from here, by name. ---- */

/* Final, Dropped, Reclaim, Unplug */
#define Ignore 0
#define Wait   1
#define Spin   2
#define Keep   3
#define Defer  4
/* Hold */
#define HoldNone    0
#define HoldInode   1
#define HoldStriped 2
/* Deadline */
#define DeadlineNone 0
#define GiveUp       1
#define Fence        2

hidden byte pFinal, pDropped, pReclaim, pUnplug, pHold, pCheck, pLock, pLeases, pDMAOnly, pRefuse, pIntr;
hidden byte pDeadline, pPerEntry, pNotify, pDrain, pRoom, pAside;

hidden byte NI, NP, NT, dontcache, shrinkable;

/* Operations */
#define End     0
#define Open    1
#define Pin     2
#define Submit  3
#define Unpin   4
#define Iput    5
#define Unlink  6
#define Trunc   7
#define Lease   8
#define Return  9
#define Alloc   10
#define Reclaim 11
#define Unplug  12
#define Signal  13
#define Await   14
#define Work    15
/* kinds of a pin */
#define FollPin   0
#define FollGet   1
#define Unbounded 2

hidden byte script[TASKS * OPS];	/* operation */
hidden byte onto[TASKS * OPS];		/* its inode, 0 if it has none */
hidden byte what[TASKS * OPS];		/* Pin: set of pages; Submit, Signal: task */
hidden byte kind[TASKS];		/* of the pins that the task makes, is handed or has at first */
hidden byte pinned[TASKS];		/* and their inode */
hidden byte ref0[TASKS];		/* "ref A" */
hidden byte hold0[TASKS];		/* "pin A 0" */

/* ---- 2. State ---- */

#define Cached  0
#define Freeing 1
#define Gone    2
#define Owned 0
#define Freed 1
#define Quar  2

byte st[INODES], lnk[INODES], cnt[INODES], lru[INODES], frz[INODES], iol[INODES], lease[INODES];
byte q[INODES], puts[INODES], sum[INODES];
byte ent[INODES * PAGES], blk[INODES * PAGES], pin[INODES * PAGES], get[INODES * PAGES], val[INODES * PAGES];
byte ip[TASKS], pc[TASKS], ino[TASKS], pg[TASKS], arm[TASKS], rec[TASKS], hold[TASKS], fen[TASKS];
byte ref[TASKS], ls[TASKS], sig[TASKS], tmp[TASKS];
byte mem, gone;
byte loaded;	/* 0 in SPIN's first state only */

mtype = {
	ISLEEP, MSLEEP, QSLEEP,
	PSUM, PREF, PADD, PCHECK, PUNDO, PWAKE, PUNREF, GARM, GTEST, GSLEEP,
	RSUB, RWAKE, RREF, RPUT,
	TCHK, TGATE, TFREE, TTHAW, TWAKE, TDROP,
	LARM, LTEST, LSLEEP, LWAKE,
	BSCAN, BARM, BTEST, BSLEEP, BSPIN,
	ELOCK, ELEASE, EDEFER, EDEL, EUNQ, EFREE, EHASH, EWAKE, EMEM,
	UNEXT
}

hidden byte u, v, n, p, x;	/* scratch */
hidden byte resting;

#define PG(j,pp) ((j)*PAGES + (pp))

/* ---- 3. Scripts ---- */

#define op(w)    script[(w)*OPS + ip[w]]
#define opino(w) onto[(w)*OPS + ip[w]]
#define oparg(w) what[(w)*OPS + ip[w]]

#define applies(w) ( \
	(op(w) == Pin || op(w) == Unlink || op(w) == Trunc || op(w) == Iput || op(w) == Lease) -> ref[w] == 1 : ( \
	(op(w) == Submit || op(w) == Unpin) -> hold[w] != 0 : ( \
	op(w) == Return -> ls[w] == 1 : 1)))

#define atrest(w) (op(w) == End || op(w) == Await || (op(w) == Work && pc[w] == 0))

/* ---- 4. Macros ---- */

inline skipto(w) {	/* the first operation from ip[w] on that applies */
	do
	:: !applies(w) -> ip[w]++
	:: else -> break
	od;
	pc[w] = 0; ino[w] = opino(w); pg[w] = 0; rec[w] = 0; tmp[w] = 0
}
inline next(w) { ip[w]++; skipto(w) }
inline back(w) { pc[w] = 0; ino[w] = 0; pg[w] = 0; rec[w] = 0 }

#define busy(j,pp) (ent[PG(j,pp)] == 1 && pin[PG(j,pp)] - (pDMAOnly -> get[PG(j,pp)] : 0) > 0)
#define anybusy(j) (busy(j,0) || (NP > 1 && busy(j,1)))
#define anyent(j)  (ent[PG(j,0)] == 1 || (NP > 1 && ent[PG(j,1)] == 1))
#define anyval(j)  (val[PG(j,0)] > 0 || (NP > 1 && val[PG(j,1)] > 0))

inline wakepage(j,pp) {
	for (v : 0 .. NT-1) {
		if
		:: (pc[v] == BTEST || pc[v] == BSLEEP) && ino[v] == j && pg[v] == pp -> arm[v] = 0
		:: else
		fi
	}
}
inline wakeboth(a,b,j) {
	for (v : 0 .. NT-1) {
		if
		:: (pc[v] == a || pc[v] == b) && ino[v] == j -> arm[v] = 0
		:: else
		fi
	}
}
inline wakeall(a) {
	for (v : 0 .. NT-1) {
		if
		:: pc[v] == a -> arm[v] = 0
		:: else
		fi
	}
}
#define wakegate(j)  wakeboth(GTEST, GSLEEP, j)
#define wakelease(j) wakeboth(LTEST, LSLEEP, j)
#define wakeinode(j) wakeboth(ISLEEP, ISLEEP, j)
#define wakemem()    wakeall(MSLEEP)
#define wakeroom()   wakeall(QSLEEP)

inline drop(j,pp,k) {
	pin[PG(j,pp)]--;
	if
	:: k == FollGet -> get[PG(j,pp)]--
	:: else
	fi;
	if
	:: pin[PG(j,pp)] == 0 && blk[PG(j,pp)] == Quar -> RULE("drop: quarantined"); blk[PG(j,pp)] = Freed
	:: else
	fi
}
inline release(j,pp) {	/* free(i,p) */
	if
	:: gone > 0 || blk[PG(j,pp)] != Owned -> RULE("free: nothing")
	:: else ->
		if
		:: pCheck && pin[PG(j,pp)] > 0 -> RULE("free: quarantine"); blk[PG(j,pp)] = Quar
		:: else ->
			RULE("free: freed");
			if
			:: val[PG(j,pp)] > 0 || lease[j] == 1 -> BAD("P1r")
			:: else
			fi;
			blk[PG(j,pp)] = Freed
		fi
	fi
}

#define how(w) ( \
	rec[w] == 1 -> pReclaim : ( \
	op(w) == Unplug -> pUnplug : ( \
	(op(w) == Work && q[ino[w]] > 0) -> Wait : ( \
	lnk[ino[w]] == 1 -> pDropped : pFinal))))

inline enter(w) {
	pg[w] = 0;
	if
	:: how(w) == Ignore || how(w) == Keep -> pc[w] = EDEL
	:: else ->
		if
		:: pLock -> pc[w] = ELOCK
		:: else -> pc[w] = BSCAN
		fi
	fi
}
inline evict(w,j) { st[j] = Freeing; lru[j] = 0; ino[w] = j; enter(w) }
inline idle(w) {
	if
	:: op(w) == Work -> back(w)
	:: else -> next(w)
	fi
}
inline return_(w) {
	if
	:: op(w) == Alloc || op(w) == Work -> back(w)
	:: op(w) == Unplug -> pc[w] = UNEXT; ino[w]++; pg[w] = 0
	:: else -> next(w)
	fi
}
inline final(w,j) {
	if
	:: lnk[j] == 0 && pFinal == Keep -> BAD("P4")
	:: else
	fi;
	if
	:: lnk[j] == 1 && !dontcache ->
		RULE("final: cached");
		if
		:: !shrinkable || !anyent(j) -> lru[j] = 1
		:: else -> RULE("final: shrinkable, not listed")
		fi;
		idle(w)
	:: lnk[j] == 0 && pFinal == Keep && anybusy(j) ->
		RULE("final: busy, kept");
		if
		:: !shrinkable || !anyent(j) -> lru[j] = 1
		:: else
		fi;
		idle(w)
	:: else -> RULE("final: evict"); evict(w,j)
	fi
}
inline pass(w) {	/* skip, of shrink */
	if
	:: op(w) == Alloc -> back(w)
	:: else -> next(w)
	fi
}
inline shrink(w,j) {
	if
	:: cnt[j] > 0 || st[j] != Cached -> RULE("shrink: in use"); lru[j] = 0; pass(w)
	:: else ->
		if
		:: shrinkable && anyent(j) -> RULE("shrink: shrinkable"); lru[j] = 0; pass(w)
		:: else ->
			if
			:: pReclaim == Keep && anybusy(j) -> RULE("shrink: busy, kept"); pass(w)
			:: else -> RULE("shrink: evict"); rec[w] = 1; evict(w,j)
			fi
		fi
	fi
}
#define candidate(j) (lru[j] == 1 && (cnt[j] > 0 || st[j] != Cached || (shrinkable && anyent(j)) || \
	!(pReclaim == Keep && anybusy(j))))

#define undone(w) if :: pHold == HoldNone -> pc[w] = 0 :: else -> pc[w] = PUNREF fi
inline done(w) {
	if
	:: hold[w] != 0 -> pc[w] = RSUB
	:: else ->
		if
		:: op(w) == Pin -> pc[w] = 0
		:: else -> next(w)
		fi
	fi
}
inline unref(w) {
	if
	:: pHold != HoldNone -> pc[w] = RREF
	:: else -> done(w)
	fi
}
#define lowest(set) (((set) & 1) -> 0 : 1)

inline fence(j) {
	for (u : 0 .. NT-1) {
		if
		:: hold[u] != 0 && pinned[u] == j && fen[u] == 0 ->
			for (p : 0 .. NP-1) {
				if
				:: hold[u] & (1 << p) -> val[PG(j,p)]--; drop(j, p, kind[u])
				:: else
				fi
			}
			fen[u] = 1
		:: else
		fi
	}
	for (p : 0 .. NP-1) {
		wakepage(j, p)
	}
}

#define places ((q[0] > 0) + (q[1] > 0))
#define drain(w)    (op(w) == Unplug && tmp[w] == 1)
#define evicting(w) (op(w) != Trunc && !drain(w))
#define breaking(w) (evicting(w) -> how(w) : Wait)
#define last(w)     (pg[w] + 1 == NP)
#define rescan(w)   pc[w] = BSCAN; if :: pPerEntry && evicting(w) :: else -> pg[w] = 0 fi

inline again(w) {
	if
	:: op(w) == Trunc -> pc[w] = 0
	:: else -> enter(w)
	fi
}
inline unlockio(w,j) {
	if
	:: pLock && iol[j] == w + 1 -> iol[j] = 0
	:: else
	fi
}
inline tofree(w) {
	if
	:: lnk[ino[w]] == 1 -> pc[w] = EHASH
	:: else -> pc[w] = EFREE
	fi
}

/* ---- 5. Steps. Lines of one group that exclude each other are one option. ---- */

#define t _pid
#define i ino[_pid]
#define at(o,c) (op(_pid) == o && pc[_pid] == c)

/* Alternatives "each j" are written twice, for j = 0 and 1; what an inode that
 * the set does not have is at (lru, puts and q are 0) disables the second. */
#define ReclaimLRU(j) \
	:: d_step { at(Reclaim, 0) && lru[j] == 1 -> RULE("Reclaim"); shrink(t, j) }
#define AllocShrink(j) \
	:: d_step { at(Alloc, 0) && mem == 0 && candidate(j) -> RULE("Alloc: shrink"); shrink(t, j) }
#define WorkPut(j) \
	:: d_step { at(Work, 0) && puts[j] > 0 -> \
		puts[j]--; i = j; cnt[j]--; \
		if \
		:: cnt[j] > 0 -> RULE("Work: put"); back(t) \
		:: else -> RULE("Work: final put"); final(t, j) \
		fi }
#define WorkOldest(j) \
	:: d_step { at(Work, 0) && !pAside && q[j] == 1 -> RULE("Work: oldest"); i = j; enter(t) }
#define WorkIdle(j) \
	:: d_step { at(Work, 0) && pAside && q[j] > 0 && !anybusy(j) -> RULE("Work: idle"); i = j; pc[t] = EDEL }

active [TASKS] proctype Task() provided (loaded)
{
end:	do
	/* Open */
	:: d_step { at(Open, 0) ->
		if
		:: st[i] == Cached -> RULE("Open: cached"); cnt[i]++; ref[t] = 1; next(t)
		:: st[i] == Freeing -> RULE("Open: freeing"); arm[t] = 1; pc[t] = ISLEEP
		:: st[i] == Gone && lnk[i] == 1 -> RULE("Open: again"); st[i] = Cached; cnt[i] = 1; ref[t] = 1; next(t)
		:: st[i] == Gone && lnk[i] == 0 -> RULE("Open: no such file"); next(t)
		fi }
	:: d_step { at(Open, ISLEEP) && arm[t] == 0 -> RULE("ISLEEP"); pc[t] = 0 }

	:: d_step { at(Unlink, 0) -> RULE("Unlink"); lnk[i] = 0; next(t) }
	:: d_step { at(Signal, 0) -> RULE("Signal"); sig[oparg(t)] = 1; next(t) }

	/* Iput */
	:: d_step { at(Iput, 0) && cnt[i] > 1 -> RULE("Iput"); cnt[i]--; ref[t] = 0; next(t) }
	:: d_step { at(Iput, 0) && cnt[i] == 1 -> RULE("Iput: final"); cnt[i] = 0; ref[t] = 0; n = i; final(t, n) }

	/* Pin */
	:: d_step { at(Pin, 0) ->
		p = lowest(oparg(t) & ~hold[t]);
		if
		:: pRefuse && kind[t] == Unbounded -> RULE("Pin: refused"); next(t)
		:: else ->
			if
			:: gone > 0 || blk[PG(i,p)] != Owned ->
				if
				:: hold[t] == 0 -> RULE("Pin: no block"); next(t)
				:: else -> RULE("Pin: no block, give back"); pc[t] = RSUB
				fi
			:: else ->
				if
				:: frz[i] == 1 ->
					if
					:: hold[t] == 0 -> RULE("Pin: frozen"); pc[t] = GARM
					:: else -> RULE("Pin: frozen, give back"); pc[t] = RSUB
					fi
				:: else ->
					if
					:: ent[PG(i,p)] == 0 -> RULE("Pin: entry"); ent[PG(i,p)] = 1
					:: else ->
						RULE("Pin: begin");
						if
						:: pHold == HoldInode -> pc[t] = PREF
						:: pHold == HoldStriped -> pc[t] = PSUM
						:: else -> pc[t] = PADD
						fi
					fi
				fi
			fi
		fi }
	:: d_step { at(Pin, PSUM) ->
		if
		:: sum[i] == 0 -> RULE("PSUM: first"); pc[t] = PREF
		:: else -> RULE("PSUM"); pc[t] = PADD
		fi;
		sum[i]++ }
	:: d_step { at(Pin, PREF) -> RULE("PREF"); cnt[i]++; pc[t] = PADD }
	:: d_step { at(Pin, PADD) ->
		p = lowest(oparg(t) & ~hold[t]);
		RULE("PADD");
		pin[PG(i,p)]++;
		if
		:: kind[t] == FollGet -> RULE("PADD: FOLL_GET"); get[PG(i,p)]++
		:: else
		fi;
		pc[t] = PCHECK }
	:: d_step { at(Pin, PCHECK) ->
		p = lowest(oparg(t) & ~hold[t]);
		if
		:: frz[i] == 0 && ent[PG(i,p)] == 1 && gone == 0 ->
			val[PG(i,p)]++;
			hold[t] = hold[t] | (1 << p);
			if
			:: (oparg(t) & ~hold[t]) == 0 -> RULE("PCHECK: last"); next(t)
			:: else -> RULE("PCHECK: valid"); pc[t] = 0
			fi
		:: else -> RULE("PCHECK: else"); pc[t] = PUNDO
		fi }
	:: d_step { at(Pin, PUNDO) ->
		p = lowest(oparg(t) & ~hold[t]);
		drop(i, p, kind[t]);
		if
		:: pin[PG(i,p)] == 0 -> RULE("PUNDO: last"); pc[t] = PWAKE
		:: else -> RULE("PUNDO"); undone(t)
		fi }
	:: d_step { at(Pin, PWAKE) ->
		p = lowest(oparg(t) & ~hold[t]);
		RULE("PWAKE"); wakepage(i, p); undone(t) }
	:: d_step { at(Pin, PUNREF) ->
		if
		:: pHold == HoldInode -> RULE("PUNREF: inode"); cnt[i]--
		:: else ->
			RULE("PUNREF: striped");
			sum[i]--;
			if
			:: sum[i] == 0 -> RULE("PUNREF: striped, last"); puts[i]++
			:: else
			fi
		fi;
		pc[t] = 0 }
	:: d_step { at(Pin, GARM) -> RULE("GARM"); arm[t] = 1; pc[t] = GTEST }
	:: d_step { at(Pin, GTEST) ->
		if
		:: frz[i] == 0 -> RULE("GTEST: open"); arm[t] = 0; pc[t] = 0
		:: else -> RULE("GTEST: else"); pc[t] = GSLEEP
		fi }
	:: d_step { at(Pin, GSLEEP) && arm[t] == 0 -> RULE("GSLEEP"); pc[t] = GARM }

	/* Unpin, and giving pins back within Pin */
	:: d_step { at(Unpin, 0) || ((op(t) == Unpin || op(t) == Pin) && pc[t] == RSUB) ->
		if
		:: fen[t] == 1 -> RULE("RSUB: fenced"); hold[t] = 0; fen[t] = 0; done(t)
		:: else ->
			p = lowest(hold[t]);
			if
			:: blk[PG(i,p)] == Freed -> BAD("P1r")
			:: else
			fi;
			val[PG(i,p)]--;
			drop(i, p, kind[t]);
			hold[t] = hold[t] & ~(1 << p);
			if
			:: pin[PG(i,p)] == 0 -> RULE("RSUB: last"); pg[t] = p; pc[t] = RWAKE
			:: else -> RULE("RSUB"); unref(t)
			fi
		fi }
	:: d_step { (op(t) == Unpin || op(t) == Pin) && pc[t] == RWAKE ->
		RULE("RWAKE"); wakepage(i, pg[t]); pg[t] = 0; unref(t) }
	:: d_step { (op(t) == Unpin || op(t) == Pin) && pc[t] == RREF ->
		if
		:: pHold == HoldInode -> RULE("RREF: inode"); puts[i]++; done(t)
		:: else ->
			sum[i]--;
			if
			:: sum[i] == 0 -> RULE("RREF: striped, last"); pc[t] = RPUT
			:: else -> RULE("RREF: striped"); done(t)
			fi
		fi }
	:: d_step { (op(t) == Unpin || op(t) == Pin) && pc[t] == RPUT -> RULE("RPUT"); puts[i]++; done(t) }

	/* Submit */
	:: d_step { at(Submit, 0) && op(oparg(t)) == Await ->
		RULE("Submit");
		u = oparg(t);
		hold[u] = hold[t]; fen[u] = fen[t]; hold[t] = 0; fen[t] = 0;
		next(u);
		next(t) }

	/* Trunc */
	:: d_step { at(Trunc, 0) && iol[i] == 0 -> RULE("Trunc"); iol[i] = t + 1; pc[t] = TCHK }
	:: d_step { at(Trunc, TCHK) ->
		if
		:: lease[i] == 1 -> RULE("TCHK: lease"); iol[i] = 0; pc[t] = LARM
		:: else -> RULE("TCHK: else"); pc[t] = TGATE
		fi }
	:: d_step { at(Trunc, TGATE) -> RULE("TGATE"); frz[i] = 1; pg[t] = 0; pc[t] = BSCAN }
	:: d_step { at(Trunc, TFREE) ->
		RULE("TFREE");
		for (p : 0 .. NP-1) {
			release(i, p);
			ent[PG(i,p)] = 0
		}
		pc[t] = TTHAW }
	:: d_step { at(Trunc, TTHAW) -> RULE("TTHAW"); frz[i] = 0; pc[t] = TWAKE }
	:: d_step { at(Trunc, TWAKE) -> RULE("TWAKE"); wakegate(i); pc[t] = TDROP }
	:: d_step { at(Trunc, TDROP) -> RULE("TDROP"); iol[i] = 0; next(t) }

	/* Breaking leases */
	:: d_step { pc[t] == LARM -> RULE("LARM"); arm[t] = 1; pc[t] = LTEST }
	:: d_step { pc[t] == LTEST ->
		if
		:: lease[i] == 0 -> RULE("LTEST: none"); arm[t] = 0; again(t)
		:: else ->
			RULE("LTEST: else");
			if
			:: rec[t] == 1 -> BAD("P2b")
			:: else
			fi;
			pc[t] = LSLEEP
		fi }
	:: d_step { pc[t] == LSLEEP && arm[t] == 0 -> RULE("LSLEEP: woken"); pc[t] = LARM }
	:: d_step { pc[t] == LSLEEP && pDeadline == Fence -> RULE("LSLEEP: fence"); arm[t] = 0; lease[i] = 0; again(t) }
	:: d_step { pc[t] == LSLEEP && op(t) == Trunc && sig[t] == 1 -> RULE("LSLEEP: signal"); arm[t] = 0; next(t) }

	/* Breaking for pins */
	:: d_step { pc[t] == BSCAN && !busy(i, pg[t]) ->
		if
		:: pPerEntry && evicting(t) ->
			RULE("BSCAN: delete entry");
			if
			:: val[PG(i,pg[t])] > 0 -> BAD("P1e")
			:: else
			fi;
			ent[PG(i,pg[t])] = 0
		:: else
		fi;
		if
		:: !last(t) -> RULE("BSCAN: idle"); pg[t]++
		:: else ->
			pg[t] = 0;
			if
			:: op(t) == Trunc -> RULE("BSCAN: last, Trunc"); pc[t] = TFREE
			:: drain(t) ->
				RULE("BSCAN: last, drain");
				if
				:: i + 1 < NI -> RULE("BSCAN: last, drain, next inode"); i = i + 1
				:: else -> i = 0; tmp[t] = 0; pc[t] = UNEXT
				fi
			:: else ->
				RULE("BSCAN: last, eviction");
				if
				:: pLeases -> pc[t] = ELEASE
				:: else -> pc[t] = EDEL
				fi
			fi
		fi }
	:: d_step { pc[t] == BSCAN && busy(i, pg[t]) && breaking(t) == Wait -> RULE("BSCAN: wait"); pc[t] = BARM }
	:: d_step { pc[t] == BSCAN && busy(i, pg[t]) && breaking(t) == Spin ->
		RULE("BSCAN: spin");
		if
		:: rec[t] == 1 -> BAD("P2b")
		:: else
		fi;
		pc[t] = BSPIN }
	:: d_step { pc[t] == BSCAN && busy(i, pg[t]) && breaking(t) == Defer -> RULE("BSCAN: defer"); pc[t] = EDEFER }
	:: d_step { pc[t] == BARM -> RULE("BARM"); arm[t] = 1; pc[t] = BTEST }
	:: d_step { pc[t] == BTEST ->
		if
		:: !busy(i, pg[t]) -> RULE("BTEST: idle"); arm[t] = 0; rescan(t)
		:: else ->
			RULE("BTEST: else");
			if
			:: rec[t] == 1 -> BAD("P2b")
			:: else
			fi;
			pc[t] = BSLEEP
		fi }
	:: d_step { pc[t] == BSLEEP && arm[t] == 0 -> RULE("BSLEEP: woken"); rescan(t) }
	:: d_step { pc[t] == BSLEEP && pDeadline == GiveUp && evicting(t) ->
		RULE("BSLEEP: give up"); arm[t] = 0; pg[t] = 0; pc[t] = EDEL }
	:: d_step { pc[t] == BSLEEP && pDeadline == Fence && !drain(t) ->
		RULE("BSLEEP: fence"); arm[t] = 0; n = i; fence(n); pg[t] = 0; pc[t] = BSCAN }
	:: d_step { pc[t] == BSLEEP && sig[t] == 1 && op(t) == Trunc ->
		RULE("BSLEEP: signal, Trunc"); arm[t] = 0; pg[t] = 0; pc[t] = TTHAW }
	:: d_step { pc[t] == BSLEEP && sig[t] == 1 && pIntr && evicting(t) ->
		RULE("BSLEEP: signal, eviction"); arm[t] = 0; pg[t] = 0; pc[t] = EDEL }
	:: d_step { pc[t] == BSPIN && !busy(i, pg[t]) -> RULE("BSPIN"); pg[t] = 0; pc[t] = BSCAN }

	/* Eviction */
	:: d_step { pc[t] == ELOCK && iol[i] == 0 -> RULE("ELOCK"); iol[i] = t + 1; pc[t] = BSCAN }
	:: d_step { pc[t] == ELEASE ->
		if
		:: lease[i] == 1 -> RULE("ELEASE: lease"); unlockio(t, i); pc[t] = LARM
		:: else -> RULE("ELEASE: else"); pc[t] = EDEL
		fi }
	:: d_step { pc[t] == EDEFER ->
		if
		:: places < pRoom || rec[t] == 1 ->
			if
			:: places < pRoom -> RULE("EDEFER: room")
			:: else -> RULE("EDEFER: reclaim")
			fi;
			x = places;
			q[i] = 1 + x;
			wakemem();
			return_(t)
		:: else -> RULE("EDEFER: else"); arm[t] = 1; pc[t] = QSLEEP
		fi }
	:: d_step { pc[t] == QSLEEP && arm[t] == 0 -> RULE("QSLEEP"); pg[t] = 0; pc[t] = BSCAN }
	:: d_step { pc[t] == EDEL ->
		RULE("EDEL");
		if
		:: anyval(i) -> BAD("P1e")
		:: else
		fi;
		for (p : 0 .. NP-1) {
			ent[PG(i,p)] = 0
		}
		unlockio(t, i);
		if
		:: op(t) == Work && q[i] > 0 -> pc[t] = EUNQ
		:: else -> tofree(t)
		fi }
	:: d_step { pc[t] == EUNQ ->
		RULE("EUNQ");
		x = q[i];
		for (u : 0 .. NI-1) {
			if
			:: q[u] > x -> RULE("EUNQ: others move up"); q[u]--
			:: else
			fi
		}
		q[i] = 0;
		wakeroom();
		tofree(t) }
	:: d_step { pc[t] == EFREE ->
		RULE("EFREE");
		for (p : 0 .. NP-1) {
			release(i, p)
		}
		pc[t] = EHASH }
	:: d_step { pc[t] == EHASH ->
		RULE("EHASH");
		if
		:: cnt[i] > 0 || lru[i] == 1 || st[i] == Gone -> BAD("P5")
		:: else
		fi;
		st[i] = Gone; pc[t] = EWAKE }
	:: d_step { pc[t] == EWAKE -> RULE("EWAKE"); wakeinode(i); pc[t] = EMEM }
	:: d_step { pc[t] == EMEM -> RULE("EMEM"); mem++; wakemem(); return_(t) }

	/* Reclaim */
	ReclaimLRU(0)
	ReclaimLRU(1)
	:: d_step { at(Reclaim, 0) && lru[0] == 0 && lru[1] == 0 -> RULE("Reclaim: none"); next(t) }

	/* Alloc */
	:: d_step { at(Alloc, 0) && mem > 0 -> RULE("Alloc"); mem--; next(t) }
	AllocShrink(0)
	AllocShrink(1)
	:: d_step { at(Alloc, 0) && mem == 0 && !candidate(0) && !candidate(1) ->
		x = 0;
		for (u : 0 .. NT-1) {
			if
			:: u != t && rec[u] == 1 -> x = 1
			:: else
			fi
		}
		if
		:: x == 1 -> RULE("Alloc: throttled"); arm[t] = 1; pc[t] = MSLEEP
		:: else -> RULE("Alloc: reserves"); next(t)
		fi }
	:: d_step { at(Alloc, MSLEEP) && arm[t] == 0 -> RULE("MSLEEP"); pc[t] = 0 }

	/* Lease, Return */
	:: d_step { at(Lease, 0) && iol[i] == 0 && lease[i] == 0 -> RULE("Lease"); lease[i] = 1; ls[t] = 1; next(t) }
	:: d_step { at(Return, 0) -> RULE("Return"); lease[i] = 0; ls[t] = 0; pc[t] = LWAKE }
	:: d_step { at(Return, LWAKE) -> RULE("LWAKE"); wakelease(i); next(t) }

	/* Unplug */
	:: d_step { at(Unplug, 0) ->
		if
		:: pDrain -> RULE("Unplug: drain"); gone = 1; tmp[t] = 1; pc[t] = BSCAN
		:: !pDrain && pNotify ->
			RULE("Unplug: notify");
			gone = 1;
			for (u : 0 .. NI-1) {
				for (p : 0 .. NP-1) {
					ent[PG(u,p)] = 0
				}
			}
			pc[t] = UNEXT
		:: else -> RULE("Unplug: else"); pc[t] = UNEXT
		fi }
	:: d_step { pc[t] == UNEXT && i < NI ->
		if
		:: st[i] == Cached && cnt[i] == 0 && !(pUnplug == Keep && anybusy(i)) ->
			RULE("UNEXT: evict"); n = i; evict(t, n)
		:: else -> RULE("UNEXT: else"); i = i + 1
		fi }
	:: d_step { pc[t] == UNEXT && i == NI ->
		RULE("UNEXT: gone");
		if
		:: anyval(0) || (NI > 1 && anyval(1)) -> BAD("P1u")
		:: else
		fi;
		gone = 2;
		next(t) }

	/* Work */
	WorkPut(0)
	WorkPut(1)
	WorkOldest(0)
	WorkOldest(1)
	WorkIdle(0)
	WorkIdle(1)
	od
}

/* ---- the initial state of the set ---- */

inline load() {
	READ(pFinal); READ(pDropped); READ(pReclaim); READ(pUnplug); READ(pHold); READ(pCheck); READ(pLock);
	READ(pLeases); READ(pDMAOnly); READ(pRefuse); READ(pIntr); READ(pDeadline); READ(pPerEntry); READ(pNotify);
	READ(pDrain); READ(pRoom); READ(pAside);
	READ(NI); READ(NP); READ(NT); READ(dontcache); READ(shrinkable);
	assert(NI <= INODES && NP <= PAGES && NT <= TASKS);
	for (u : 0 .. NT-1) {
		READ(ref0[u]); READ(hold0[u]); READ(pinned[u]); READ(kind[u]);
		READ(n);
		assert(n <= OPS);
		for (v : 0 .. n-1) {
			READ(script[u*OPS + v]); READ(onto[u*OPS + v]); READ(what[u*OPS + v])
		}
	}
}
inline begin() {
	for (u : 0 .. NI-1) {
		lnk[u] = 1;
		lru[u] = 1
	}
	for (u : 0 .. NT-1) {
		if
		:: ref0[u] > 0 -> ref[u] = 1; cnt[ref0[u] - 1]++
		:: else
		fi;
		x = pinned[u];
		hold[u] = hold0[u];
		for (p : 0 .. NP-1) {
			if
			:: hold0[u] & (1 << p) ->
				ent[PG(x,p)] = 1;
				pin[PG(x,p)]++;
				val[PG(x,p)]++;
				if
				:: pHold == HoldInode || (pHold == HoldStriped && sum[x] == 0) -> cnt[x]++
				:: else
				fi;
				if
				:: pHold == HoldStriped -> sum[x]++
				:: else
				fi
			:: else
			fi
		}
		skipto(u)
	}
}

/* ---- 6. Properties of a state in which no step is possible ---- */

#define holder(w) ((hold[w] != 0 && fen[w] == 0) || ls[w] == 1)
#define orphan(j) (lnk[j] == 0 && cnt[j] == 0 && st[j] == Cached)
#define leaked(j) (st[j] == Cached && (cnt[j] > 0 || (lnk[j] == 1 && cnt[j] == 0 && lru[j] == 0)))

active proctype Judge()
{
	d_step { !loaded -> load(); begin(); loaded = 1 };
end:	do
	:: d_step { timeout ->
		RULE("terminal state");
		resting = 1;
		for (u : 0 .. NT-1) {
			if
			:: !atrest(u) ->
				resting = 0;
				if
				:: holder(u) && (rec[u] == 1 || pc[u] == MSLEEP) -> BAD("P2m")
				:: else
				fi;
				if
				:: holder(u) && pc[u] == ISLEEP -> BAD("P2f")
				:: else
				fi;
				if
				:: holder(u) && rec[u] == 0 && op(u) != Trunc &&
				   (pc[u] == BSLEEP || pc[u] == BSPIN || pc[u] == QSLEEP || pc[u] == LSLEEP) -> BAD("P2s")
				:: else
				fi
			:: else
			fi
		}
		if
		:: !resting -> BAD("P2")
		:: else ->
			if
			:: orphan(0) || (NI > 1 && orphan(1)) -> BAD("P3")
			:: else
			fi;
			if
			:: leaked(0) || (NI > 1 && leaked(1)) -> BAD("P7")
			:: else
			fi
		fi }
	od
}
