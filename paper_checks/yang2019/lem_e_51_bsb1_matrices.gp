# The eigenvalues of a matrix with $a$ on the diagonal and $b$ elsewhere against its size: as printed (lines) and by LAPACK (points). The one of
# vectors that sum to zero stays at $a-b$, the one of the constant vector grows like $bB$.
set title "Two eigenvalues, a = ".number("a").", b = ".number("b")
set xlabel "batch size B"
set ylabel "eigenvalue"
@tight
plot table using "B":"constant" with lines linestyle 1 title "(B−1)b + a", \
     "" using "B":"sum_zero" with lines linestyle 3 title "a − b", \
     "" using "B":"constant_lapack" with points linestyle 2 title "LAPACK", "" using "B":"sum_zero_lapack" with points linestyle 2
