import { engineSuite } from '../testing/engine-suite.js';
import { FastEngine } from './fast-engine.js';

engineSuite('FastEngine', () => new FastEngine());
