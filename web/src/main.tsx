/** The page: renders the app, and opens the broker. */

import { render } from 'preact'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/layout.css'
import { open } from './broker/connection'
import { Shell } from './shell/shell'

const root = document.getElementById('app')
if (root) render(<Shell />, root)
void open('idb')
