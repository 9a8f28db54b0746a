// How V8 should compile an engine: its small functions are to become one. Flags hold for what is compiled after them.
export const v8Flags = ['--max-inlined-bytecode-size=1500', '--max-inlined-bytecode-size-cumulative=5000'] as const;
