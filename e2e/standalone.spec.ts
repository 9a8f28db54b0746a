import { Platform } from './platform.js';
import { describePlatform } from './suite.js';

describePlatform('standalone', () => Platform.standalone());
