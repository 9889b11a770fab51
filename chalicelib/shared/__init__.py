"""What every feature may use: money, errors, time, storage, and the HTTP edge. Imports no feature."""
