// Loaded into prism before anything else: it ends with whoever started it, however that ended.
process.stdin.on('end', () => process.exit(0)).resume();
