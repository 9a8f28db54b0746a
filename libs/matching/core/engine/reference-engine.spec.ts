import { engineSuite } from '../testing/engine-suite.js';
import { ReferenceEngine } from './reference-engine.js';

engineSuite('ReferenceEngine', (ordersMax) => new ReferenceEngine(ordersMax));
